#include "sl-channel.h"
