#include "sl-description.h"
const char *
sl_element_package_hint(const char *element)
{
    return NULL;
}
