#include "sl-feed.h"
