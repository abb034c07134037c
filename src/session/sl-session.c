#include "sl-session.h"
