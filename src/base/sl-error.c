#include "sl-error.h"
