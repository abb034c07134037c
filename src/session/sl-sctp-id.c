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

static void
apply_to_element(const GValue *value, gpointer id)
{
    GstElement *element = g_value_get_object(value);
    GstElementFactory *factory = gst_element_get_factory(element);
    const char *name = factory != NULL ? GST_OBJECT_NAME(factory) : "";

    if (g_str_equal(name, "sctpenc") || g_str_equal(name, "sctpdec"))
        g_object_set(element, "sctp-association-id", GPOINTER_TO_UINT(id), NULL);
}

void
sl_sctp_id_apply(guint id, GstElement *webrtcbin)
{
    g_autoptr(GstIterator) iterator = NULL;

    if (id == 0)
        return;
    iterator = gst_bin_iterate_recurse(GST_BIN(webrtcbin));
    while (gst_iterator_foreach(iterator, apply_to_element, GUINT_TO_POINTER(id)) ==
           GST_ITERATOR_RESYNC)
        gst_iterator_resync(iterator);
}
