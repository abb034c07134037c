#pragma once

#include "sl-live-setting.h"
#include "sl-rtp-rewriter.h"
#include "sl-track.h"

G_BEGIN_DECLS

/**
 * SlBranch: what brings a track to a sender: `appsrc ! [viewer TRACK]` in a bin of a peer's
 * pipeline, with one pad that gives RTP. A sender has one, and another one while it switches. Main
 * thread.
 *
 * Signals:
 *  - `ready` (): a packet waits at its pad; from then on sl_branch_is_ready()
 *  - `joined` (): it has been linked in place of another one, which can be dropped now
 */
#define SL_TYPE_BRANCH (sl_branch_get_type())
G_DECLARE_FINAL_TYPE(SlBranch, sl_branch, SL, BRANCH, GObject)

/**
 * sl_branch_new:
 * @pipeline: the branch is added to it, in its state
 * @viewer_bin: (transfer floating): of @track
 *
 * Returns: (transfer full) (nullable): SL_SESSION_ERROR_INTERNAL
 */
SlBranch *sl_branch_new(GMainContext *context, GstElement *pipeline, SlTrack *track,
                        GstElement *viewer_bin, GError **error);

/** sl_branch_start: its feed begins, unless it has. What comes waits until it is linked. */
void sl_branch_start(SlBranch *self);
gboolean sl_branch_is_ready(SlBranch *self);

/**
 * sl_branch_join:
 * @sink: webrtcbin's
 * @rewriter: of what @sink gets; whoever owns @sink owns it
 * @before: (nullable): what @sink is linked to; its feed ends
 *
 * Links it: where there was none before at once, else when that one has handed over what it has in
 * its hand; `joined` follows then.
 */
void sl_branch_join(SlBranch *self, GstPad *sink, SlRtpRewriter *rewriter, SlBranch *before);

SlTrack *sl_branch_get_track(SlBranch *self);

/** sl_branch_apply_live: those of @settings (element-type SlLiveSetting) that are for its section;
 * what an element does not take is logged */
void sl_branch_apply_live(SlBranch *self, GPtrArray *settings);

/**
 * sl_branch_drop: (transfer full)
 *
 * Takes it out of its pipeline, which goes on, and ends it on the teardown pool. (Without this the
 * elements go with the pipeline, and the feed with the last reference.)
 */
void sl_branch_drop(SlBranch *self);

G_END_DECLS
