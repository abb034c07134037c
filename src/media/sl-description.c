#include "sl-description.h"
