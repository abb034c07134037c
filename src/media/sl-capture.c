#include "sl-capture.h"
