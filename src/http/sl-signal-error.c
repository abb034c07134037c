#include "sl-signal-error.h"

#include <string.h>

#include "sl-json.h"

static const struct {
    const char *code;
    gushort close_code;
} CLOSING[] = {
    { "bad-message", 1008 },    { "hello-expected", 1008 }, { "bad-version", 1008 },
    { "repeated-hello", 1008 }, { "too-many", 1008 },       { "replaced", 4000 },
    { "full", 4001 },           { "full-address", 4002 },   { "internal", 1011 },
};

gushort
sl_signal_error_close_code(const char *code)
{
    for (guint i = 0; i < G_N_ELEMENTS(CLOSING); i++) {
        if (strcmp(CLOSING[i].code, code) == 0)
            return CLOSING[i].close_code;
    }
    return 0;
}

char *
sl_signal_error_to_text(const char *code, const char *message)
{
    g_autoptr(JsonObject) object = json_object_new();

    json_object_set_string_member(object, "type", "error");
    json_object_set_string_member(object, "code", code);
    json_object_set_string_member(object, "message", message);
    return sl_json_to_text(object);
}
