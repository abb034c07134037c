#include "sl-grant.h"
