#include "sl-sctp-id.h"

#define MAX_ID 65535

static guint8 taken[MAX_ID + 1];
static guint last;

guint
sl_sctp_id_take(void)
{
    for (guint i = 0; i < MAX_ID; i++) {
        last = last % MAX_ID + 1;
        if (!taken[last]) {
            taken[last] = TRUE;
            return last;
        }
    }
    return 0;
}

void
sl_sctp_id_release(guint id)
{
    g_return_if_fail(id <= MAX_ID);
    taken[id] = FALSE;
}
