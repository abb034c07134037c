#include "sl-sdp-attributes.h"
#include "sl-error.h"
#include "sl-sdp.h"

#include <string.h>

/* webrtcbin makes a field of each SSRC's attribute, and fields' names are never freed. */
#define MAX_SSRC_LINES 32
#define MAX_CANDIDATES 100
#define MAX_ATTRIBUTES 500

typedef struct {
    const SlSdpSection *answer, *offer;
    gboolean rejected;
} Check;

typedef gboolean (*CheckFunc)(const Check *check, const SlSdpAttribute *attribute, GError **error);

static gboolean
invalid(GError **error, const SlSdpAttribute *attribute, const char *problem)
{
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "SDP line %u: “a=%s”: %s",
                attribute->line, attribute->key, problem);
    return FALSE;
}

static gboolean
has_only(const char *text, gsize len, const char *others)
{
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr(others, text[i]) == NULL)
            return FALSE;
    }
    return len > 0;
}

static gboolean
check_flag(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    return *attribute->value == '\0' || invalid(error, attribute, "expected no value");
}

static gboolean
check_number(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    return g_ascii_string_to_unsigned(attribute->value, 10, 0, G_MAXINT32, NULL, NULL) ||
           invalid(error, attribute, "expected a number from 0 to 2147483647");
}

static gboolean
check_credential(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    gsize len = strlen(attribute->value);
    gsize min = strcmp(attribute->key, "ice-pwd") == 0 ? 22 : 4;

    if (len < min || len > 256 || !has_only(attribute->value, len, "+/"))
        return invalid(error, attribute,
                       min == 22 ? "expected 22 to 256 letters, digits, “+” or “/”"
                                 : "expected 4 to 256 letters, digits, “+” or “/”");
    return TRUE;
}

/* RFC 8122, section 5: pairs of hexadecimal digits with colons between them. */
static gboolean
is_digest(const char *text, gsize bytes)
{
    if (strlen(text) != bytes * 3 - 1)
        return FALSE;
    for (gsize i = 0; text[i] != '\0'; i++) {
        if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit(text[i]))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_fingerprint(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    static const struct {
        const char *name;
        gsize bytes;
    } hashes[] = { { "sha-256 ", 32 }, { "sha-384 ", 48 }, { "sha-512 ", 64 } };

    for (guint i = 0; i < G_N_ELEMENTS(hashes); i++) {
        gsize len = strlen(hashes[i].name);

        if (g_ascii_strncasecmp(attribute->value, hashes[i].name, len) == 0 &&
            is_digest(attribute->value + len, hashes[i].bytes))
            return TRUE;
    }
    return invalid(error, attribute,
                   "expected “sha-256”, “sha-384” or “sha-512” and a digest of "
                   "that length");
}

static gboolean
check_setup(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    return strcmp(attribute->value, "active") == 0 || strcmp(attribute->value, "passive") == 0 ||
           invalid(error, attribute, "expected “active” or “passive”");
}

/* Cuts `PT REST`; the payload type must be one of the offer's. */
static gboolean
take_payload_type(const Check *check, const SlSdpAttribute *attribute, const char **ret_rest,
                  GError **error)
{
    const char *space = strchr(attribute->value, ' ');
    g_autofree char *type =
        space != NULL ? g_strndup(attribute->value, space - attribute->value) : NULL;

    if (type == NULL || !g_ascii_string_to_unsigned(type, 10, 0, 127, NULL, NULL))
        return invalid(error, attribute, "expected a payload type from 0 to 127 and a space");
    if (!check->rejected && (check->offer->formats == NULL ||
                             !g_strv_contains((const char *const *)check->offer->formats, type)))
        return invalid(error, attribute, "a payload type that the offer does not have");
    *ret_rest = space + 1;
    return TRUE;
}

static gboolean
offer_has(const Check *check, const char *key, const char *value)
{
    const SlSdpAttribute *offered;

    for (guint n = 0; (offered = sl_sdp_section_find(check->offer, key, n)) != NULL; n++) {
        if (g_ascii_strcasecmp(offered->value, value) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
check_rtpmap(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    g_auto(GStrv) parts = NULL;
    const char *rest;
    guint n;

    if (!take_payload_type(check, attribute, &rest, error))
        return FALSE;
    parts = g_strsplit(rest, "/", -1);
    n = g_strv_length(parts);
    if (n < 2 || n > 3 || !has_only(parts[0], strlen(parts[0]), "-_.") ||
        !g_ascii_string_to_unsigned(parts[1], 10, 1, 1000000, NULL, NULL) ||
        (n == 3 && !has_only(parts[2], strlen(parts[2]), "")))
        return invalid(error, attribute, "expected “PT NAME/CLOCK”");
    return check->rejected || offer_has(check, "rtpmap", attribute->value) ||
           invalid(error, attribute, "not what the offer calls this payload type");
}

/* Each parameter becomes a field of caps, beside fields that webrtcbin makes of attributes
 * (`a-…`, `x-…`, `ssrc-…`): two of one name that differ are an empty intersection, which it
 * dereferences. */
static gboolean
is_parameter(const char *text)
{
    static const char *const taken[] = {
        "a-", "ssrc", "extmap", "rid-", "rtcp-fb", "x-google-flag"
    };
    gsize len = strcspn(text, "=");

    for (guint i = 0; i < G_N_ELEMENTS(taken); i++) {
        if (g_ascii_strncasecmp(text, taken[i], strlen(taken[i])) == 0)
            return FALSE;
    }
    return len <= 64 && has_only(text, len, "-_./, ");
}

static gboolean
check_fmtp(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    g_auto(GStrv) parameters = NULL;
    const char *rest;

    if (!take_payload_type(check, attribute, &rest, error))
        return FALSE;
    parameters = g_strsplit(rest, ";", -1);
    for (guint i = 0; parameters[i] != NULL; i++) {
        const char *parameter = g_strstrip(parameters[i]);

        if (*parameter != '\0' && !is_parameter(parameter))
            return invalid(error, attribute, "expected “PT NAME=VALUE;…”");
    }
    return TRUE;
}

static gboolean
check_rtcp_fb(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    const char *rest = attribute->value + 2;

    if (!g_str_has_prefix(attribute->value, "* ") &&
        !take_payload_type(check, attribute, &rest, error))
        return FALSE;
    return (has_only(rest, strlen(rest), "-_ ") && *rest != ' ' && strlen(rest) <= 64) ||
           invalid(error, attribute, "expected “PT TYPE”");
}

/* RFC 8285, section 6: `ID[/direction] URI[ …]`; an answer takes from the offer. */
static gboolean
check_extmap(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    g_auto(GStrv) words = g_strsplit(attribute->value, " ", 3);
    const SlSdpAttribute *offered;

    if (words[0] == NULL || words[1] == NULL || words[2] != NULL)
        return invalid(error, attribute, "expected “ID URI”");
    *strchrnul(words[0], '/') = '\0';
    for (guint n = 0; (offered = sl_sdp_section_find(check->offer, "extmap", n)) != NULL; n++) {
        g_auto(GStrv) theirs = g_strsplit(offered->value, " ", 3);

        if (theirs[0] == NULL || theirs[1] == NULL)
            continue;
        *strchrnul(theirs[0], '/') = '\0';
        if (strcmp(theirs[0], words[0]) == 0 && strcmp(theirs[1], words[1]) == 0)
            return TRUE;
    }
    return check->rejected || invalid(error, attribute, "not in the offer");
}

static gboolean
check_ssrc(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    const char *space = strchr(attribute->value, ' ');
    g_autofree char *ssrc =
        space != NULL ? g_strndup(attribute->value, space - attribute->value) : NULL;
    gsize len;

    if (ssrc == NULL || !g_ascii_string_to_unsigned(ssrc, 10, 0, G_MAXUINT32, NULL, NULL))
        return invalid(error, attribute, "expected a number from 0 to 4294967295 and a space");
    len = strcspn(space + 1, ":");
    return (len <= 64 && has_only(space + 1, len, "-_")) ||
           invalid(error, attribute, "expected “SSRC NAME:VALUE”");
}

static gboolean
check_candidate(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    g_autofree char *candidate = g_strconcat("candidate:", attribute->value, NULL);
    g_autoptr(GError) problem = NULL;
    gboolean usable;

    if (!sl_sdp_check_candidate(candidate, &usable, &problem))
        return invalid(error, attribute, problem->message);
    return usable || invalid(error, attribute, "of no use, should have been left out");
}

static gboolean
check_refused(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    return invalid(error, attribute, "not supported here");
}

static const struct {
    const char *key;
    CheckFunc func;
    guint max; /* 0: any number */
} checks[] = {
    { "mid", NULL, 1 },
    { "setup", check_setup, 1 },
    { "ice-ufrag", check_credential, 1 },
    { "ice-pwd", check_credential, 1 },
    { "fingerprint", check_fingerprint, 8 },
    { "sendrecv", check_flag, 1 },
    { "sendonly", check_flag, 1 },
    { "recvonly", check_flag, 1 },
    { "inactive", check_flag, 1 },
    { "bundle-only", check_flag, 1 },
    { "ice-lite", check_flag, 1 },
    { "rtcp-mux", check_flag, 1 },
    { "rtcp-rsize", check_flag, 1 },
    { "rtpmap", check_rtpmap, 0 },
    { "fmtp", check_fmtp, 0 },
    { "rtcp-fb", check_rtcp_fb, 0 },
    { "extmap", check_extmap, 32 },
    { "ssrc", check_ssrc, MAX_SSRC_LINES },
    { "candidate", check_candidate, MAX_CANDIDATES },
    { "sctp-port", check_number, 1 },
    { "max-message-size", check_number, 1 },
    /* What these would mean to webrtcbin: receiving, another key exchange, an old SCTP syntax. */
    { "rid", check_refused, 0 },
    { "simulcast", check_refused, 0 },
    { "key-mgmt", check_refused, 0 },
    { "crypto", check_refused, 0 },
    { "sctpmap", check_refused, 0 },
    { "framesize", check_refused, 0 },
};

static gboolean
check_attribute(const Check *check, const SlSdpAttribute *attribute, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (strcmp(attribute->key, checks[i].key) != 0)
            continue;
        if (checks[i].max != 0 &&
            sl_sdp_section_find(check->answer, attribute->key, checks[i].max) != NULL)
            return invalid(error, attribute, checks[i].max == 1 ? "repeated" : "too many of these");
        return checks[i].func == NULL || checks[i].func(check, attribute, error);
    }
    /* webrtcbin takes these over as they are, into the namespace of fmtp's parameters. */
    if (g_str_has_prefix(attribute->key, "x-") && strcmp(attribute->key, "x-google-flag") != 0)
        return check_refused(check, attribute, error);
    return TRUE;
}

gboolean
sl_sdp_attribute_check(const SlSdpAttribute *attribute, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (strcmp(attribute->key, checks[i].key) == 0)
            return checks[i].func(NULL, attribute, error);
    }
    return TRUE;
}

gboolean
sl_sdp_section_check_size(const SlSdpSection *section, GError **error)
{
    return section->attributes->len <= MAX_ATTRIBUTES ||
           sl_sdp_section_invalid(error, section, "more than %d attributes follow", MAX_ATTRIBUTES);
}

gboolean
sl_sdp_attributes_check(const SlSdpSection *answer, const SlSdpSection *offer, gboolean rejected,
                        GError **error)
{
    const Check check = { answer, offer, rejected };

    if (!sl_sdp_section_check_size(answer, error))
        return FALSE;
    for (guint i = 0; i < answer->attributes->len; i++) {
        if (!check_attribute(&check, &g_array_index(answer->attributes, SlSdpAttribute, i), error))
            return FALSE;
    }
    return TRUE;
}
