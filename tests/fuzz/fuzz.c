#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "sl-census.h"

void
fuzz_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

void
fuzz_show(const char *format, ...)
{
    static int shows = -1;
    va_list args;

    if (shows == -1)
        shows = g_getenv("FUZZ_SHOW") != NULL;
    if (!shows)
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* GLib would end the process by a trap, which libFuzzer does not catch. */
static void
on_log(const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
    if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) != 0)
        fuzz_fail("%s: %s", domain != NULL ? domain : "log", message);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    g_log_set_default_handler(on_log, NULL);
    return 0;
}

void
fuzz_check_census(void)
{
    g_autoptr(GPtrArray) kinds = sl_census_list();

    for (guint i = 0; i < kinds->len; i++)
        fuzz_check(sl_census_get(kinds->pdata[i]) == 0, "%u %s are left",
                   sl_census_get(kinds->pdata[i]), (const char *)kinds->pdata[i]);
}

gboolean
fuzz_input_is_over(const FuzzInput *self)
{
    return self->at >= self->len;
}

guint8
fuzz_input_byte(FuzzInput *self)
{
    return fuzz_input_is_over(self) ? 0 : self->data[self->at++];
}

GBytes *
fuzz_input_bytes(FuzzInput *self, gsize len)
{
    gsize taken = MIN(len, self->len - self->at);
    GBytes *bytes = g_bytes_new(self->data + self->at, taken);

    self->at += taken;
    return bytes;
}
