#include "sl-session-pool.h"
