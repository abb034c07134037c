#include "sl-track.h"
