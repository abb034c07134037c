#include "sl-access.h"
