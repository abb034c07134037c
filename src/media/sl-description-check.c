#include "sl-description-private.h"
void sl_description_check(SlDescription *self, SlValues *values, const SlCapture *capture, SlProblems *problems) {}
