#include "sl-sdp.h"
