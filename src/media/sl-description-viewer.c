#include "sl-description-viewer.h"

#include "sl-launch-elements.h"

static gboolean
is_any_linked(const GList *pads)
{
    for (; pads != NULL; pads = pads->next) {
        if (gst_pad_is_linked(pads->data))
            return TRUE;
    }
    return FALSE;
}

static void
add_ends(SlViewerEnds *self, GstElement *element)
{
    if (element->sinkpads != NULL && !is_any_linked(element->sinkpads)) {
        self->n_sinks++;
        if (self->sink == NULL)
            self->sink = element->sinkpads->data;
    }
    for (const GList *l = element->srcpads; l != NULL; l = l->next) {
        if (gst_pad_is_linked(l->data))
            continue;
        self->n_sources++;
        if (self->source == NULL)
            self->source = l->data;
    }
}

/* Nothing runs yet, and nobody else has the bin: its lists can be walked without locks. */
SlViewerEnds
sl_viewer_ends_find(GstBin *bin)
{
    SlViewerEnds self = { 0 };

    /* GStreamer prepends children. */
    for (GList *l = g_list_last(GST_BIN_CHILDREN(bin)); l != NULL; l = l->prev)
        add_ends(&self, l->data);
    return self;
}

GstElement *
sl_launch_make_viewer_bin(SlLaunch *launch, GError **error)
{
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_launch_tokens_read(launch, "", ignored);
    guint line;
    g_autoptr(GstElement) bin = sl_launch_build(launch, tokens, TRUE, &line, error);
    SlViewerEnds ends = { 0 };

    if (bin == NULL)
        return NULL;
    ends = sl_viewer_ends_find(GST_BIN(bin));
    if (ends.n_sinks != 1 || ends.n_sources != 1) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                    "found %u free inputs and %u free outputs, expected one of each", ends.n_sinks,
                    ends.n_sources);
        return NULL;
    }
    gst_element_add_pad(bin, gst_ghost_pad_new("sink", ends.sink));
    gst_element_add_pad(bin, gst_ghost_pad_new("src", ends.source));
    g_object_force_floating(G_OBJECT(bin));
    return g_steal_pointer(&bin);
}
