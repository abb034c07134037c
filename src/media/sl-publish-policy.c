#include "sl-publish-policy.h"

gboolean
sl_publish_policy_parse(const char *text, SlPublishPolicy *ret_policy)
{
    static const char *const words[] = { "replace", "refuse", "off" };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(text, words[i])) {
            *ret_policy = (SlPublishPolicy)i;
            return TRUE;
        }
    }
    return FALSE;
}
