#include "sl-log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE_US (10 * G_USEC_PER_SEC)

/* A terminal needs no time; journald and docker add their own; a file has none but this one. */
static gboolean
needs_time(void)
{
    struct stat status;

    return fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

/* What came from outside may be part of a message and must not fake lines or colours. */
static void
replace_control_characters(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if (g_ascii_iscntrl(*p))
            *p = ' ';
    }
}

G_GNUC_PRINTF(2, 0)
static void
log_line(const char *prefix, const char *format, va_list args)
{
    g_autofree char *message = g_strdup_vprintf(format, args);
    g_autofree char *time = NULL;
    g_autofree char *line = NULL;

    replace_control_characters(message);
    if (needs_time()) {
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S ");
    }
    line = g_strconcat(time != NULL ? time : "", prefix, message, "\n", NULL);
    fputs(line, stderr);
}

void
sl_log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line("", format, args);
    va_end(args);
}

void
sl_log_warning(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line("Warning: ", format, args);
    va_end(args);
}

void
sl_log_warning_rated(SlLogRate *rate, const char *format, ...)
{
    gint64 now_us = g_get_monotonic_time();
    g_autofree char *message = NULL;
    va_list args;

    if (rate->said_us != 0 && now_us - rate->said_us < RATE_US) {
        rate->n_unsaid++;
        return;
    }
    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    if (rate->n_unsaid > 0)
        sl_log_warning("%s (and %u like it before)", message, rate->n_unsaid);
    else
        sl_log_warning("%s", message);
    *rate = (SlLogRate){ .said_us = now_us };
}

#define USER_AND_COLON "((?:\\b[a-z][a-z0-9+.-]*://|\\bturns?:)[^\\s:/?#@\"<>]*:)"
/* Up to the authority's last `@`; a password with a raw slash is told from a port by not being a
 * number. */
#define PASSWORD "(?:[^\\s/?#\"<>]*|(?!\\d+(?:[/?#]|$))[^\\s\"<>]*)@"
#define SECRET_MEMBER "([?&;#](?:key|token|password|passwd|pwd|secret)=)[^&;#\\s\"<>]*"

static char *
replace_all(const char *pattern, const char *text, const char *replacement)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    char *result = regex != NULL ? g_regex_replace(regex, text, -1, 0, replacement, 0, NULL) : NULL;

    return result != NULL ? result : g_strdup("(text that could not be searched for secrets)");
}

char *
sl_log_redact_text(const char *text)
{
    g_autofree char *without_passwords = replace_all(USER_AND_COLON PASSWORD, text, "\\1***@");

    return replace_all(SECRET_MEMBER, without_passwords, "\\1***");
}

char *
sl_log_redact_uri(const char *uri)
{
    return sl_log_redact_text(uri);
}
