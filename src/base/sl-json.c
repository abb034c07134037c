#include "sl-json.h"
