#include "sl-ice.h"
