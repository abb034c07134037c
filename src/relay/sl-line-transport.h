#pragma once

#include <gio/gio.h>

#include "sl-limits.h"
#include "sl-relay-transport.h"

G_BEGIN_DECLS

/**
 * SlLineTransport: a program's connection, with a text a line (docs/relay.md). Never blocks. What
 * the system has taken counts as acknowledged until the program acknowledges by itself.
 *
 * A line has at most max_message_bytes; what is sent and not taken has max_queue_bytes. Where
 * either is more, it is closed. What was sent before that still gets there, if the other side goes
 * on reading. Main thread only.
 *
 * Signal `gone` (): once, after `closed`: its socket is closed.
 */
#define SL_TYPE_LINE_TRANSPORT (sl_line_transport_get_type())
G_DECLARE_FINAL_TYPE(SlLineTransport, sl_line_transport, SL, LINE_TRANSPORT, GObject)

/**
 * sl_line_transport_new:
 * @context: (nullable): whose main loop reads and writes
 * @socket: (transfer none): connected
 */
SlLineTransport *sl_line_transport_new(GMainContext *context, GSocket *socket,
                                       const SlLimits *limits);

G_END_DECLS
