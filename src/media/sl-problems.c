#include "sl-problems.h"
