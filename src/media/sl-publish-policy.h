#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlPublishPolicy: whether somebody may publish in a stream, in the place of its own picture. */
typedef enum {
    SL_PUBLISH_REPLACE, /* one after the other: who comes takes the place of who is there */
    SL_PUBLISH_REFUSE,  /* one at a time */
    SL_PUBLISH_OFF,     /* nobody */
} SlPublishPolicy;

/**
 * sl_publish_policy_parse:
 * @text: `replace`, `refuse` or `off`
 *
 * Returns: FALSE: it is none of these
 */
gboolean sl_publish_policy_parse(const char *text, SlPublishPolicy *ret_policy);

G_END_DECLS
