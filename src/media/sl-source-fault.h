#pragma once

#include <gst/gst.h>

#include "sl-capture.h"
#include "sl-launch-elements.h"

G_BEGIN_DECLS

/*
 * What went wrong with a source, in two sets of words: an error's message is for whoever runs the
 * server and names devices, addresses (without passwords), files and lines; what viewers are told
 * names none of these.
 */

/** SlFaultScene: where a fault happened. All of it belongs to the caller. */
typedef struct {
    const SlInput *input;
    SlDescription *description;
    const SlPlace *place; /* nullable: of what complained */
} SlFaultScene;

/**
 * sl_source_fault_new:
 * @debug: (nullable): what came with @error on the bus
 *
 * Tells the input's faults from the description's. Any thread.
 * Returns: (transfer full): SL_MEDIA_ERROR: NOT_FOUND, BUSY, PERMISSION and DEVICE are the input's,
 * or of what a description reads from by itself, then with file and line; NO_SENDER is that of a
 * program that the description waits for; PIPELINE and MISSING_ELEMENT are the description's
 */
GError *sl_source_fault_new(const SlFaultScene *scene, const GError *error, const char *debug);

/** sl_source_fault_new_ended: (transfer full): there are no more frames, and there was no error */
GError *sl_source_fault_new_ended(const SlFaultScene *scene);

/** sl_source_fault_new_unplugged: (transfer full): a camera was taken away */
GError *sl_source_fault_new_unplugged(const SlInput *input);

/** sl_source_fault_new_undone: (transfer full): @fault of what is not tried again */
GError *sl_source_fault_new_undone(const GError *fault);

/** sl_source_fault_is_pipelines: it is the description's, not the input's: nothing changes it until
 * somebody edits a file. */
gboolean sl_source_fault_is_pipelines(const GError *fault);

/** sl_source_fault_for_viewers: Returns: one sentence without an end, that says nothing of where a
 * source is found */
const char *sl_source_fault_for_viewers(const GError *fault, SlInputKind kind);

G_END_DECLS
