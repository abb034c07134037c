#include "sl-sdp.h"

#include <string.h>

/* What webrtcbin acts upon, or what sl_sdp_check_answer() is to see. All else it would copy into
 * the names of caps' fields, which stay in memory for good. */
static const char *const kept[] = {
    "group",       "mid",      "setup",       "ice-ufrag",        "ice-pwd",
    "fingerprint", "sendrecv", "sendonly",    "recvonly",         "inactive",
    "bundle-only", "ice-lite", "ice-options", "rtcp-mux",         "rtcp-rsize",
    "rtpmap",      "extmap",   "sctp-port",   "max-message-size", "rid",
    "simulcast",   "key-mgmt", "crypto",      "sctpmap",          NULL,
};

static const char *const feedback[] = { "nack",      "nack pli",     "ccm fir", "ccm tmmbr",
                                        "goog-remb", "transport-cc", NULL };

static const char *const parameters[] = {
    "apt",
    "profile-level-id",
    "packetization-mode",
    "level-asymmetry-allowed",
    "profile-id",
    "profile",
    "level-idx",
    "tier",
    "max-fs",
    "max-fr",
    "useinbandfec",
    "stereo",
    "minptime",
    NULL,
};

static gboolean
is_known_feedback(const char *value)
{
    const char *space = strchr(value, ' ');

    return space != NULL && g_strv_contains(feedback, space + 1);
}

static gboolean
has_known_parameters(const char *value)
{
    const char *space = strchr(value, ' ');
    g_auto(GStrv) list = g_strsplit(space != NULL ? space + 1 : "", ";", -1);

    for (guint i = 0; list[i] != NULL; i++) {
        *strchrnul(list[i], '=') = '\0';
        if (!g_strv_contains(parameters, g_strstrip(list[i])))
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_usable_candidate(const char *text)
{
    gboolean usable;

    return !sl_sdp_check_candidate(text, &usable, NULL) || usable;
}

static gboolean
is_kept(const char *line)
{
    g_autofree char *key = NULL;
    const char *value;

    if (!g_str_has_prefix(line, "a="))
        return TRUE;
    value = line + 2 + strcspn(line + 2, ":");
    key = g_strndup(line + 2, value - (line + 2));
    if (*value == ':')
        value++;
    if (strcmp(key, "candidate") == 0)
        return is_usable_candidate(line + 2);
    if (strcmp(key, "rtcp-fb") == 0)
        return is_known_feedback(value);
    if (strcmp(key, "fmtp") == 0)
        return has_known_parameters(value);
    return g_strv_contains(kept, key);
}

char *
sl_sdp_clean_answer(const char *answer)
{
    GString *clean = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        gsize len = strlen(lines[i]);

        if (len > 0 && lines[i][len - 1] == '\r')
            lines[i][--len] = '\0';
        if (len > 0 && is_kept(lines[i]))
            g_string_append_printf(clean, "%s\r\n", lines[i]);
    }
    return g_string_free(clean, FALSE);
}
