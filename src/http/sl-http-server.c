#include "sl-http-server.h"
