#include "sl-relay.h"
