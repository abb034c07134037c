#include "sl-settings.h"
