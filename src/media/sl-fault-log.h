#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlFaultLog: the last fault of a stream, and what the log has had of its faults since there was a
 * picture: each once, however often it is tried again and whichever comes in turn with which.
 */
typedef struct _SlFaultLog SlFaultLog;

/** @name: the stream's, for the log */
SlFaultLog *sl_fault_log_new(const char *name);
void sl_fault_log_free(SlFaultLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlFaultLog, sl_fault_log_free)

/** sl_fault_log_say: @message and @ending, if the log has not had @message */
void sl_fault_log_say(SlFaultLog *self, const char *message, const char *ending);
/** sl_fault_log_set: the last one from now on; says it */
void sl_fault_log_set(SlFaultLog *self, const GError *fault);
/** sl_fault_log_clear: there is none, and each is news again */
void sl_fault_log_clear(SlFaultLog *self);
/** sl_fault_log_get: (transfer none) (nullable) */
const GError *sl_fault_log_get(SlFaultLog *self);

G_END_DECLS
