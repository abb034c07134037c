#include "sl-relay-transport.h"
