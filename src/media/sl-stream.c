#include "sl-stream.h"
