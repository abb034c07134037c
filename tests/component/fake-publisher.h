#pragma once

#include "sl-source.h"

/* A publisher's source without a network: an encoder that always runs; its frames are dropped while
 * the source is stopped, as a publisher's are. */

#define TYPE_FAKE_PUBLISHER (fake_publisher_get_type())
G_DECLARE_FINAL_TYPE(FakePublisher, fake_publisher, FAKE, PUBLISHER, GObject)

/** @launch: (nullable): ends in appsinks with names; NULL: small VP8 */
FakePublisher *fake_publisher_new(const char *launch);
/** It leaves, as a publisher does whose connection is gone. */
void fake_publisher_leave(FakePublisher *self);
gboolean fake_publisher_is_started(FakePublisher *self);
/** fake_publisher_get_n_starts: so far */
guint fake_publisher_get_n_starts(FakePublisher *self);
/** fake_publisher_get_n_dismissals: so far */
guint fake_publisher_get_n_dismissals(FakePublisher *self);
/** fake_publisher_get_reason: (nullable): of the last dismissal */
const GError *fake_publisher_get_reason(FakePublisher *self);
/** fake_publisher_mute: frames come no more, or again */
void fake_publisher_mute(FakePublisher *self, gboolean mute);
