#include "sl-log.h"
