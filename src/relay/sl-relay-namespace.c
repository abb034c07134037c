#include "sl-relay-namespace.h"

#include <string.h>

#include "sl-error.h"

#define KIB 1024u
#define MIB (1024u * 1024u)
#define DAY_S (24u * 3600u)
#define DAY_MS (DAY_S * 1000u)

#define MAX_NAME_BYTES 64

/* Words by their value. */
static const char *const HISTORY_WORDS[] = { "all", "last", "none", NULL };
static const char *const SLOW_WORDS[] = { "drop-oldest", "latest-only", "recover", NULL };
static const char *const BOOLEAN_WORDS[] = { "false", "true", NULL };

typedef enum { NUMBER, WORD, ROLE } Kind;

typedef struct {
    const char *key;
    gsize member; /* of SlRelayNamespace; a guint, a gboolean or an enum */
    Kind kind;
    guint min, max;           /* NUMBER */
    const char *const *words; /* WORD */
} Setting;

#define MEMBER(name) G_STRUCT_OFFSET(SlRelayNamespace, name)

/* clang-format off */
static const Setting SETTINGS[] = {
    { "history", MEMBER(history), WORD, .words = HISTORY_WORDS },
    { "history-messages", MEMBER(history_messages), NUMBER, 1, 10000000 },
    { "history-bytes", MEMBER(history_bytes), NUMBER, 1, 1024 * MIB },
    { "history-seconds", MEMBER(history_seconds), NUMBER, 0, 3650 * DAY_S },
    { "presence", MEMBER(presence), WORD, .words = BOOLEAN_WORDS },
    { "subscribe", MEMBER(subscribe), ROLE },
    { "publish", MEMBER(publish), ROLE },
    { "max-message-bytes", MEMBER(max_message_bytes), NUMBER, 1, 60 * KIB },
    { "messages-per-second", MEMBER(messages_per_second), NUMBER, 1, 100000 },
    { "message-burst", MEMBER(message_burst), NUMBER, 1, 100000 },
    { "slow", MEMBER(slow), WORD, .words = SLOW_WORDS },
    { "holder", MEMBER(holder), WORD, .words = BOOLEAN_WORDS },
    { "holder-silence-ms", MEMBER(holder_silence_ms), NUMBER, 50, DAY_MS },
    { "max-age-ms", MEMBER(max_age_ms), NUMBER, 0, DAY_MS },
    { "unreliable", MEMBER(unreliable), WORD, .words = BOOLEAN_WORDS },
    { "max-channels", MEMBER(max_channels), NUMBER, 0, 10000 },
};
/* clang-format on */

G_STATIC_ASSERT(sizeof(SlHistoryMode) == sizeof(guint) && sizeof(SlSlowPolicy) == sizeof(guint) &&
                sizeof(SlRoles) == sizeof(guint) && sizeof(gboolean) == sizeof(guint));

SlRelayNamespace *
sl_relay_namespace_new(const char *name)
{
    SlRelayNamespace *self = g_new0(SlRelayNamespace, 1);

    g_atomic_ref_count_init(&self->refs);
    self->name = g_strdup(name);
    self->history = SL_HISTORY_ALL;
    self->history_messages = 1000;
    self->history_bytes = MIB;
    self->subscribe = SL_ROLE_WATCH;
    self->publish = SL_ROLE_PUBLISH;
    self->max_message_bytes = 16 * KIB;
    self->messages_per_second = 50;
    self->message_burst = 200;
    self->slow = SL_SLOW_DROP_OLDEST;
    self->holder_silence_ms = 500;
    self->max_channels = 64;
    return self;
}

SlRelayNamespace *
sl_relay_namespace_ref(SlRelayNamespace *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_relay_namespace_unref(SlRelayNamespace *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_free(self->name);
    g_free(self);
}

gboolean
sl_relay_namespace_is_name(const char *text)
{
    if (!g_ascii_islower(*text) || strlen(text) > MAX_NAME_BYTES)
        return FALSE;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static gboolean
fail(GError **error, const char *expected)
{
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "expected %s", expected);
    return FALSE;
}

static gboolean
parse_number(const Setting *setting, const char *value, guint *target, GError **error)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(value, 10, setting->min, setting->max, &number, NULL)) {
        g_autofree char *expected =
            g_strdup_printf("a number from %u to %u", setting->min, setting->max);

        return fail(error, expected);
    }
    *target = (guint)number;
    return TRUE;
}

static gboolean
parse_word(const Setting *setting, const char *value, guint *target, GError **error)
{
    g_autoptr(GString) expected = g_string_new(NULL);

    for (guint i = 0; setting->words[i] != NULL; i++) {
        if (g_str_equal(value, setting->words[i])) {
            *target = i;
            return TRUE;
        }
        if (i > 0)
            g_string_append(expected, setting->words[i + 1] != NULL ? ", " : " or ");
        g_string_append(expected, setting->words[i]);
    }
    return fail(error, expected->str);
}

static gboolean
parse_role(const char *value, guint *target, GError **error)
{
    for (guint role = SL_ROLE_WATCH; role <= SL_ROLE_ADMIN; role <<= 1) {
        if (g_str_equal(value, sl_role_to_string((SlRoles)role))) {
            *target = role;
            return TRUE;
        }
    }
    return fail(error, "watch, publish, ingest, operate or admin");
}

gboolean
sl_relay_namespace_set(SlRelayNamespace *self, const char *key, const char *value, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++) {
        const Setting *setting = &SETTINGS[i];
        guint *target = G_STRUCT_MEMBER_P(self, setting->member);

        if (!g_str_equal(key, setting->key))
            continue;
        switch (setting->kind) {
        case NUMBER:
            return parse_number(setting, value, target, error);
        case WORD:
            return parse_word(setting, value, target, error);
        case ROLE:
            return parse_role(value, target, error);
        }
    }
    g_set_error_literal(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "there is no such setting");
    return FALSE;
}

const char *const *
sl_relay_namespace_get_keys(void)
{
    static const char *keys[G_N_ELEMENTS(SETTINGS) + 1];

    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        keys[i] = SETTINGS[i].key;
    return keys;
}
