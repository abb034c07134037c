#include "sl-sdp-format.h"

#include <string.h>

/* Names become fields of caps, which stay in memory for good: no others. */
static const char *const parameters[] = {
    "profile-level-id",
    "packetization-mode",
    "level-asymmetry-allowed",
    "sprop-parameter-sets",
    "profile-id",
    "profile",
    "level-idx",
    "tier",
    "max-fs",
    "max-fr",
    "minptime",
    "ptime",
    "useinbandfec",
    "usedtx",
    "stereo",
    "sprop-stereo",
    "maxplaybackrate",
    "maxaveragebitrate",
    NULL,
};

/* What helps other formats, or carries no media. */
static const char *const helpers[] = {
    "RTX", "RED", "ULPFEC", "FLEXFEC", "FLEXFEC-03", "CN", "TELEPHONE-EVENT", NULL,
};

/* RFC 3551, section 6, as far as browsers have them. */
static const struct {
    guint payload_type;
    const char *rtpmap;
} statics[] = { { 0, "PCMU/8000" }, { 8, "PCMA/8000" } };

/* webrtcbin repeats it in its answer, whose lines have a bound, too. */
#define MAX_FMTP_BYTES 2048
#define FIRST_DYNAMIC 35 /* RFC 5761, section 4: what browsers run out to */

void
sl_sdp_format_free(SlSdpFormat *self)
{
    g_free(self->encoding_name);
    g_free(self->fmtp);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpFormat, sl_sdp_format_free)

static gboolean
has_only(const char *text, const char *others)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr(others, *p) == NULL)
            return FALSE;
    }
    return *text != '\0';
}

/* Returns: (nullable): what stands behind the payload type of the @n-th attribute for it */
static const char *
find_value(const SlSdpSection *section, const char *key, const char *payload_type, guint n)
{
    const SlSdpAttribute *attribute;
    gsize len = strlen(payload_type);

    for (guint i = 0; (attribute = sl_sdp_section_find(section, key, i)) != NULL; i++) {
        if (strncmp(attribute->value, payload_type, len) == 0 && attribute->value[len] == ' ' &&
            n-- == 0)
            return attribute->value + len + 1;
    }
    return NULL;
}

static const char *
find_rtpmap(const SlSdpSection *section, const char *word, guint payload_type)
{
    const char *rtpmap = find_value(section, "rtpmap", word, 0);

    for (guint i = 0; rtpmap == NULL && i < G_N_ELEMENTS(statics); i++) {
        if (statics[i].payload_type == payload_type)
            rtpmap = statics[i].rtpmap;
    }
    return rtpmap;
}

static gboolean
read_rtpmap(SlSdpFormat *self, const char *rtpmap)
{
    g_auto(GStrv) parts = g_strsplit(rtpmap, "/", 4);
    guint n = g_strv_length(parts);
    guint64 clock_rate, channels = 1;

    if (n < 2 || n > 3 || strlen(parts[0]) > 32 || !has_only(parts[0], "-_.") ||
        !g_ascii_string_to_unsigned(parts[1], 10, 1, 1000000, &clock_rate, NULL) ||
        (n == 3 && !g_ascii_string_to_unsigned(parts[2], 10, 1, 8, &channels, NULL)))
        return FALSE;
    self->encoding_name = g_ascii_strup(parts[0], -1);
    self->clock_rate = clock_rate;
    self->channels = channels;
    return TRUE;
}

static gboolean
is_profile_level_id(const char *text)
{
    for (guint i = 0; i < 6; i++) {
        if (!g_ascii_isxdigit(text[i]))
            return FALSE;
    }
    return text[6] == '\0';
}

char *
sl_sdp_parameter_get(const char *fmtp, const char *name)
{
    g_auto(GStrv) list = g_strsplit(fmtp != NULL ? fmtp : "", ";", -1);

    for (guint i = 0; list[i] != NULL; i++) {
        char *value = strchr(list[i], '=');

        if (value == NULL)
            continue;
        *value++ = '\0';
        if (g_ascii_strcasecmp(g_strstrip(list[i]), name) == 0)
            return g_strdup(g_strstrip(value));
    }
    return NULL;
}

/* Returns: (transfer full) (nullable): the parameters that are of use */
static char *
clean_fmtp(const char *fmtp)
{
    g_auto(GStrv) list = g_strsplit(fmtp, ";", -1);
    GString *clean = g_string_new(NULL);

    for (guint i = 0; list[i] != NULL; i++) {
        char *value = strchr(list[i], '=');

        if (value == NULL)
            continue;
        *value++ = '\0';
        if (!g_strv_contains(parameters, g_strstrip(list[i])) ||
            !has_only(g_strstrip(value), "+/=,-.") ||
            clean->len + strlen(list[i]) + strlen(value) + 2 > MAX_FMTP_BYTES)
            continue;
        g_string_append_printf(clean, "%s%s=%s", clean->len > 0 ? ";" : "", list[i], value);
    }
    return g_string_free(clean, clean->len == 0);
}

static gboolean
read_fmtp(SlSdpFormat *self, const SlSdpSection *section, const char *word, GError **error)
{
    const char *fmtp = find_value(section, "fmtp", word, 0);
    g_autofree char *profile = NULL;

    if (fmtp == NULL)
        return TRUE;
    self->fmtp = clean_fmtp(fmtp);
    profile = sl_sdp_parameter_get(fmtp, "profile-level-id");
    if (g_str_equal(self->encoding_name, "H264") && profile != NULL &&
        !is_profile_level_id(profile))
        return sl_sdp_section_invalid(error, section,
                                      "“a=fmtp:%s”: the profile-level-id is not six "
                                      "hexadecimal digits",
                                      word);
    return TRUE;
}

static void
read_feedback(SlSdpFormat *self, const SlSdpSection *section, const char *word)
{
    const char *feedback;

    for (guint n = 0; (feedback = find_value(section, "rtcp-fb", word, n)) != NULL; n++) {
        self->nack |= g_str_equal(feedback, "nack");
        self->pli |= g_str_equal(feedback, "nack pli");
        self->fir |= g_str_equal(feedback, "ccm fir");
        self->transport_cc |= g_str_equal(feedback, "transport-cc");
    }
}

/* Returns: (transfer full) (nullable): NULL with @error set */
static SlSdpFormat *
read_format(const SlSdpSection *section, const char *word, guint payload_type, const char *rtpmap,
            GError **error)
{
    g_autoptr(SlSdpFormat) self = g_new0(SlSdpFormat, 1);

    self->payload_type = payload_type;
    self->rtx = -1;
    if (!read_rtpmap(self, rtpmap)) {
        sl_sdp_section_invalid(error, section, "“a=rtpmap:%s”: expected “PT NAME/CLOCK”", word);
        return NULL;
    }
    if (!read_fmtp(self, section, word, error))
        return NULL;
    read_feedback(self, section, word);
    read_feedback(self, section, "*");
    return g_steal_pointer(&self);
}

static SlSdpFormat *
find_payload_type(GPtrArray *formats, guint64 payload_type)
{
    for (guint i = 0; i < formats->len; i++) {
        SlSdpFormat *format = formats->pdata[i];

        if (format->payload_type == payload_type)
            return format;
    }
    return NULL;
}

/* RFC 4588, section 8.6; one for a format, in the same m-line. */
static void
assign_rtx(const SlSdpSection *section, GPtrArray *all)
{
    for (guint i = 0; i < all->len; i++) {
        const SlSdpFormat *rtx = all->pdata[i];
        g_autofree char *word = g_strdup_printf("%u", rtx->payload_type);
        g_autofree char *apt = NULL;
        SlSdpFormat *format = NULL;
        guint64 payload_type;

        if (!g_str_equal(rtx->encoding_name, "RTX"))
            continue;
        apt = sl_sdp_parameter_get(find_value(section, "fmtp", word, 0), "apt");
        if (apt != NULL && g_ascii_string_to_unsigned(apt, 10, 0, 127, &payload_type, NULL))
            format = find_payload_type(all, payload_type);
        if (format != NULL && format->rtx == -1 && format->clock_rate == rtx->clock_rate)
            format->rtx = (int)rtx->payload_type;
    }
}

static gboolean
read_word(const SlSdpSection *section, const char *word, GPtrArray *all, GError **error)
{
    SlSdpFormat *format;
    guint64 payload_type;
    const char *rtpmap;

    if (!g_ascii_string_to_unsigned(word, 10, 0, 127, &payload_type, NULL))
        return sl_sdp_section_invalid(error, section, "“%s”, expected a payload type from 0 to 127",
                                      word);
    rtpmap = find_rtpmap(section, word, payload_type);
    if (rtpmap == NULL)
        return payload_type < FIRST_DYNAMIC ||
               sl_sdp_section_invalid(error, section, "no “a=rtpmap:%s”", word);
    if (find_payload_type(all, payload_type) != NULL)
        return sl_sdp_section_invalid(error, section, "payload type %s twice", word);
    if ((format = read_format(section, word, payload_type, rtpmap, error)) == NULL)
        return FALSE;
    g_ptr_array_add(all, format);
    return TRUE;
}

GPtrArray *
sl_sdp_formats_read(const SlSdpSection *section, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)sl_sdp_format_free);

    for (guint i = 0; section->formats[i] != NULL; i++) {
        if (!read_word(section, section->formats[i], all, error))
            return NULL;
    }
    assign_rtx(section, all);
    for (guint i = all->len; i > 0; i--) {
        const SlSdpFormat *format = all->pdata[i - 1];

        if (g_strv_contains(helpers, format->encoding_name))
            g_ptr_array_remove_index(all, i - 1);
    }
    return g_steal_pointer(&all);
}

typedef enum {
    H264_CONSTRAINED_BASELINE,
    H264_BASELINE,
    H264_MAIN,
    H264_CONSTRAINED_HIGH,
    H264_HIGH,
    H264_OTHER,
} H264Profile;

/* RFC 6184, section 8.1, table 5. */
static H264Profile
get_h264_profile(const char *profile_level_id)
{
    gulong number = strtoul(profile_level_id, NULL, 16);
    guint idc = number >> 16 & 0xff, iop = number >> 8 & 0xff;

    switch (idc) {
    case 0x42:
        return (iop & 0x40) != 0 ? H264_CONSTRAINED_BASELINE : H264_BASELINE;
    case 0x4d:
        return (iop & 0x80) != 0 ? H264_CONSTRAINED_BASELINE : H264_MAIN;
    case 0x58:
        return (iop & 0xc0) == 0xc0 ? H264_CONSTRAINED_BASELINE : H264_OTHER;
    case 0x64:
        return (iop & 0x0c) == 0x0c ? H264_CONSTRAINED_HIGH : H264_HIGH;
    default:
        return H264_OTHER;
    }
}

/* Whether who decodes @offered decodes @wanted. No encoder uses what Baseline has and the
 * constrained one has not (FMO, ASO), and who offers no interlacing is still sent what is named
 * Main. */
static gboolean
covers(H264Profile offered, H264Profile wanted)
{
    if (offered == H264_OTHER || wanted == H264_OTHER)
        return FALSE;
    switch (wanted) {
    case H264_CONSTRAINED_BASELINE:
    case H264_BASELINE:
        return TRUE;
    case H264_MAIN:
        return offered == H264_CONSTRAINED_HIGH || offered == H264_HIGH;
    case H264_CONSTRAINED_HIGH:
        return offered == H264_HIGH;
    case H264_HIGH:
    case H264_OTHER:
        return FALSE;
    }
    return FALSE;
}

static gboolean
fits_h264(const SlSdpFormat *format, const char *profile, gboolean is_exact)
{
    g_autofree char *mode = sl_sdp_parameter_get(format->fmtp, "packetization-mode");
    g_autofree char *offered = sl_sdp_parameter_get(format->fmtp, "profile-level-id");
    H264Profile theirs, ours;

    if (g_strcmp0(mode, "1") != 0)
        return FALSE;
    if (profile == NULL)
        return TRUE;
    /* Section 8.1: Baseline where nothing is said. */
    theirs = get_h264_profile(offered != NULL ? offered : "42000a");
    ours = get_h264_profile(profile);
    if (is_exact)
        return theirs == ours &&
               (ours != H264_OTHER || g_ascii_strncasecmp(offered, profile, 4) == 0);
    return covers(theirs, ours);
}

/* RFC 9628, section 6.1: profile 0 where nothing is said. */
static gboolean
fits_vp9(const SlSdpFormat *format, const char *profile)
{
    g_autofree char *offered = sl_sdp_parameter_get(format->fmtp, "profile-id");

    return profile == NULL || g_str_equal(offered != NULL ? offered : "0", profile);
}

static const SlSdpFormat *
find_format(const SlSdpMedia *media, const char *encoding_name, guint clock_rate,
            const char *profile, gboolean is_exact)
{
    for (guint i = 0; i < media->formats->len; i++) {
        const SlSdpFormat *format = media->formats->pdata[i];

        if (g_ascii_strcasecmp(format->encoding_name, encoding_name) != 0 ||
            format->clock_rate != clock_rate)
            continue;
        if (g_str_equal(format->encoding_name, "H264") && !fits_h264(format, profile, is_exact))
            continue;
        if (g_str_equal(format->encoding_name, "VP9") && !fits_vp9(format, profile))
            continue;
        return format;
    }
    return NULL;
}

const SlSdpFormat *
sl_sdp_media_find_format(const SlSdpMedia *self, const char *encoding_name, guint clock_rate,
                         const char *profile)
{
    const SlSdpFormat *format = find_format(self, encoding_name, clock_rate, profile, TRUE);

    return format != NULL ? format : find_format(self, encoding_name, clock_rate, profile, FALSE);
}
