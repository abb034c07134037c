#include "sl-publisher-choice.h"

#include <string.h>

#include "sl-session.h"

/* --- formats --- */

/* @format is H264. Returns: (transfer full): six hexadecimal digits, in lower case */
static char *
read_profile(const SlSdpFormat *format)
{
    static const char key[] = "profile-level-id=";
    g_autofree char *fmtp = g_ascii_strdown(format->fmtp != NULL ? format->fmtp : "", -1);
    const char *found = strstr(fmtp, key);

    if (found == NULL || strspn(found + strlen(key), "0123456789abcdef") < 6)
        return g_strdup("42000a"); /* RFC 6184, section 8.1: Baseline, level 1 */
    return g_strndup(found + strlen(key), 6);
}

/* @format is H264. Returns: 0: the plainest profile that browsers take; -1: they don't, or it is in
 * another packetization-mode than all of them speak (RFC 7742, section 6.2) */
static int
rank_h264(const SlSdpFormat *format)
{
    /* Constrained Baseline, which all browsers have, as they write it; Baseline, Main, High */
    static const char *const profiles[] = { "42e0", "42c0", "42", "4d", "64" };
    g_autofree char *profile = read_profile(format);

    if (format->fmtp == NULL || strstr(format->fmtp, "packetization-mode=1") == NULL)
        return -1;
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        if (g_str_has_prefix(profile, profiles[i]))
            return (int)i;
    }
    return -1;
}

static const SlSdpFormat *
find_h264(const SlSdpMedia *media)
{
    const SlSdpFormat *best = NULL;
    int best_rank = G_MAXINT;

    for (guint i = 0; i < media->formats->len; i++) {
        const SlSdpFormat *format = g_ptr_array_index(media->formats, i);
        int rank = g_str_equal(format->encoding_name, "H264") ? rank_h264(format) : -1;

        if (rank >= 0 && rank < best_rank) {
            best = format;
            best_rank = rank;
        }
    }
    return best;
}

static gboolean
is_profile_0(const SlSdpFormat *format)
{
    const char *profile = format->fmtp != NULL ? strstr(format->fmtp, "profile-id=") : NULL;

    return profile == NULL || strtoul(profile + strlen("profile-id="), NULL, 10) == 0;
}

static const SlSdpFormat *
find_video(const SlSdpMedia *media)
{
    for (guint i = 0; i < media->formats->len; i++) {
        const SlSdpFormat *format = g_ptr_array_index(media->formats, i);

        if (format->clock_rate != 90000)
            continue;
        if (g_str_equal(format->encoding_name, "VP8") ||
            (g_str_equal(format->encoding_name, "VP9") && is_profile_0(format)))
            return format;
        if (g_str_equal(format->encoding_name, "H264") && find_h264(media) != NULL)
            return find_h264(media);
    }
    return NULL;
}

char *
sl_publisher_get_profile(const SlSdpFormat *format)
{
    g_autofree char *profile = NULL;

    if (!g_str_equal(format->encoding_name, "H264"))
        return NULL;
    profile = read_profile(format);
    if (g_str_has_prefix(profile, "64"))
        return g_strdup("4d001f");
    return g_strdup_printf("%.4s1f", profile); /* whatever its level: see sl_codec_clean_caps() */
}

/* --- m-lines --- */

typedef struct {
    GArray *choices;
    gboolean has_video, has_audio; /* chosen */
    guint n_video, n_audio;        /* sent, in whatever codec */
    gboolean has_simulcast;
    GString *refused; /* codecs of the kind that none was found of */
} Choosing;

static void
note_refused(Choosing *self, const SlSdpMedia *media)
{
    for (guint i = 0; i < media->formats->len; i++) {
        const SlSdpFormat *format = g_ptr_array_index(media->formats, i);

        if (strstr(self->refused->str, format->encoding_name) == NULL && self->refused->len < 200)
            g_string_append_printf(self->refused, "%s%s", self->refused->len > 0 ? ", " : "",
                                   format->encoding_name);
    }
}

static void
consider(Choosing *self, const SlSdpMedia *media)
{
    gboolean is_video = g_str_equal(media->kind, "video");
    gboolean is_audio = g_str_equal(media->kind, "audio");
    SlSdpChoice choice = { .media = media };

    if (media->is_rejected || (!is_video && !is_audio) ||
        (media->direction != SL_SDP_SENDONLY && media->direction != SL_SDP_SENDRECV))
        return;
    self->has_simulcast = self->has_simulcast || media->has_simulcast;
    self->n_video += is_video;
    self->n_audio += is_audio;
    if (is_video ? self->has_video : self->has_audio)
        return;
    choice.format =
        is_video ? find_video(media) : sl_sdp_media_find_format(media, "OPUS", 48000, NULL);
    if (choice.format == NULL) {
        note_refused(self, media);
        return;
    }
    g_array_append_val(self->choices, choice);
    self->has_video = self->has_video || is_video;
    self->has_audio = self->has_audio || is_audio;
}

/* RFC 9725, sections 4.4.2 and 4.4.3: all of it is taken, or nothing. */
static gboolean
check(const Choosing *self, GError **error)
{
    if (self->n_video == 0 && self->n_audio == 0)
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                            "The offer sends nothing: a publisher's m-lines are “a=sendonly”");
    else if (self->has_simulcast)
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_SIMULCAST,
                            "The offer has one picture in several encodings (simulcast), of which "
                            "none is chosen here; send one");
    else if (self->n_video > 1 || self->n_audio > 1)
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                    "The offer has %u pictures and %u sounds; a publisher sends one of each at "
                    "the most",
                    self->n_video, self->n_audio);
    else if ((self->n_video > 0 && !self->has_video) || (self->n_audio > 0 && !self->has_audio))
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_CODEC_UNSUPPORTED,
                    "The offer has %s; what is taken is VP8, VP9 (profile 0), H264 "
                    "(packetization-mode 1; Baseline, Main or High) and OPUS",
                    self->refused->len > 0 ? self->refused->str : "no codec");
    else
        return TRUE;
    return FALSE;
}

GArray *
sl_publisher_choose(SlSdpOffer *offer, GError **error)
{
    GPtrArray *medias = sl_sdp_offer_get_medias(offer);
    g_autoptr(GArray) choices = g_array_new(FALSE, FALSE, sizeof(SlSdpChoice));
    g_autoptr(GString) refused = g_string_new(NULL);
    Choosing choosing = { .choices = choices, .refused = refused };

    for (guint i = 0; i < medias->len; i++)
        consider(&choosing, g_ptr_array_index(medias, i));
    return check(&choosing, error) ? g_steal_pointer(&choices) : NULL;
}

GstCaps *
sl_publisher_make_preferences(const SlSdpMedia *media, const SlSdpFormat *format)
{
    GstCaps *caps = gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, media->kind,
                                        "encoding-name", G_TYPE_STRING, format->encoding_name,
                                        "payload", G_TYPE_INT, (int)format->payload_type,
                                        "clock-rate", G_TYPE_INT, (int)format->clock_rate, NULL);
    guint id = sl_sdp_media_find_extension(media, SL_PUBLISHER_TRANSPORT_CC);

    if (id != 0 && format->transport_cc) {
        g_autofree char *field = g_strdup_printf("extmap-%u", id);
        gst_caps_set_simple(caps, field, G_TYPE_STRING, SL_PUBLISHER_TRANSPORT_CC, NULL);
    }
    return caps;
}
