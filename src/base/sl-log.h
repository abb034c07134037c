#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What a person at the terminal reads: one line a fact, on standard error, with the time only where
 * that is a file (a terminal needs none, journald and docker add their own). Details for developers
 * go to the GStreamer debug categories `sightline*` instead. Any thread.
 */
void sl_log_info(const char *format, ...) G_GNUC_PRINTF(1, 2);
void sl_log_warning(const char *format, ...) G_GNUC_PRINTF(1, 2);

/** SlLogRate: when a line of one kind was said last; zeroed at first. */
typedef struct {
    gint64 said_us;
    guint n_unsaid;
} SlLogRate;

/** sl_log_warning_rated: at most once in 10 s, with how many were left out since. Each @rate on one
 * thread only. */
void sl_log_warning_rated(SlLogRate *rate, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * sl_log_redact_uri:
 * @uri: any text, URI or not
 *
 * For logs, status and errors: the password of `scheme://user:password@…`
 * and of `turn:user:password@…` becomes `***`, and so do
 * the values of query members named key, token, password, passwd, pwd or secret.
 *
 * Returns: (transfer full): the text without secrets
 */
char *sl_log_redact_uri(const char *uri);

/**
 * sl_log_redact_text:
 *
 * The same for a text that may contain URIs anywhere (messages of GStreamer elements).
 * Returns: (transfer full): the text without secrets
 */
char *sl_log_redact_text(const char *text);

G_END_DECLS
