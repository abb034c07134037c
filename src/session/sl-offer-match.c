#include "sl-offer-match.h"

#include <string.h>

#include "sl-codec-probe.h"
#include "sl-session.h"

static void
match_free(gpointer data)
{
    SlOfferMatch *match = data;

    gst_clear_caps(&match->caps);
    g_free(match);
}

static const GstStructure *
get_rtp(const SlTrackCodec *codec)
{
    return gst_caps_get_structure(codec->rtp_caps, 0);
}

/* Returns: (nullable): the first such track */
static const SlTrackCodec *
find_codec(GPtrArray *codecs, const char *kind, guint *ret_index)
{
    for (guint i = 0; i < codecs->len; i++) {
        const SlTrackCodec *codec = g_ptr_array_index(codecs, i);

        *ret_index = i;
        if (g_strcmp0(gst_structure_get_string(get_rtp(codec), "media"), kind) == 0)
            return codec;
    }
    return NULL;
}

/* What a decoder has to be made for: the rest is in the stream itself. */
static const char *
get_profile(const SlTrackCodec *codec)
{
    const char *name = sl_codec_get_name(codec->rtp_caps);

    if (g_strcmp0(name, "H264") == 0)
        return gst_structure_get_string(get_rtp(codec), "profile-level-id");
    if (g_strcmp0(name, "VP9") == 0)
        return gst_structure_get_string(get_rtp(codec), "profile-id");
    return NULL;
}

static const SlSdpFormat *
find_format(const SlSdpMedia *media, const SlTrackCodec *codec)
{
    const char *name = sl_codec_get_name(codec->rtp_caps);
    gint clock_rate = 0;

    gst_structure_get_int(get_rtp(codec), "clock-rate", &clock_rate);
    return name != NULL
               ? sl_sdp_media_find_format(media, name, (guint)clock_rate, get_profile(codec))
               : NULL;
}

static gboolean
is_wanted(const SlSdpMedia *media, const char *kind)
{
    return !media->is_rejected && g_str_equal(media->kind, kind) &&
           (media->direction == SL_SDP_RECVONLY || media->direction == SL_SDP_SENDRECV);
}

/* Returns: (nullable): the first m-line that would receive this kind, with a format for @codec if
 * there is one */
static const SlSdpMedia *
find_media(SlSdpOffer *offer, const char *kind, const SlTrackCodec *codec,
           const SlSdpFormat **ret_format)
{
    GPtrArray *medias = sl_sdp_offer_get_medias(offer);

    for (guint i = 0; i < medias->len; i++) {
        const SlSdpMedia *media = g_ptr_array_index(medias, i);

        if (!is_wanted(media, kind))
            continue;
        *ret_format = codec != NULL ? find_format(media, codec) : NULL;
        return media;
    }
    return NULL;
}

typedef struct {
    const SlSdpMedia *media;
    GstStructure *kept; /* the extensions that the offer has under the same numbers */
    gboolean all;
} Extensions;

static gboolean
keep_extension(GQuark field, const GValue *value, gpointer data)
{
    Extensions *extensions = data;
    const char *name = g_quark_to_string(field);
    guint64 id;

    if (!g_str_has_prefix(name, "extmap-") ||
        !g_ascii_string_to_unsigned(name + strlen("extmap-"), 10, 1, G_MAXUINT16, &id, NULL))
        return TRUE;
    if (G_VALUE_HOLDS_STRING(value) &&
        sl_sdp_media_find_extension(extensions->media, g_value_get_string(value)) == id)
        gst_structure_id_set_value(extensions->kept, field, value);
    else
        extensions->all = FALSE;
    return TRUE;
}

/*
 * Only what has to be said: all else of the format is the offer's, which webrtcbin adds and which
 * must not differ (another profile-level-id is enough to be refused). The payloader has numbered
 * its header extensions already: where the offer has other numbers, packets go without.
 */
static GstCaps *
make_caps(const SlTrackCodec *codec, const SlSdpMedia *media, const SlSdpFormat *format)
{
    const GstStructure *rtp = get_rtp(codec);
    GstStructure *caps = gst_structure_new(
        "application/x-rtp", "media", G_TYPE_STRING, media->kind, "encoding-name", G_TYPE_STRING,
        sl_codec_get_name(codec->rtp_caps), "clock-rate", G_TYPE_INT, (gint)format->clock_rate,
        "payload", G_TYPE_INT, (gint)format->payload_type, NULL);
    g_autoptr(GstStructure) with_extensions = gst_structure_copy(caps);
    Extensions extensions = { .media = media, .kept = with_extensions, .all = TRUE };

    gst_structure_foreach(rtp, keep_extension, &extensions);
    if (extensions.all) {
        gst_structure_free(caps);
        caps = g_steal_pointer(&with_extensions);
    }
    return gst_caps_new_full(caps, NULL);
}

/* --- what there is not, in words --- */

static void
append_name(GPtrArray *names, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, (gpointer)name);
}

static char *
list_formats(const SlSdpMedia *media)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < media->formats->len; i++)
        append_name(names,
                    ((const SlSdpFormat *)g_ptr_array_index(media->formats, i))->encoding_name);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(list, "%s%s",
                               i == 0               ? ""
                               : i + 1 < names->len ? ", "
                                                    : " and ",
                               (const char *)g_ptr_array_index(names, i));
    return g_string_free(g_steal_pointer(&list), names->len == 0);
}

static void
set_unsupported(const SlTrackCodec *codec, const SlSdpMedia *media, GError **error)
{
    const char *name = sl_codec_get_name(codec->rtp_caps);
    const char *profile = get_profile(codec);
    g_autofree char *formats = list_formats(media);
    g_autofree char *of_profile = NULL;

    /* The codec is there, and yet it isn't. */
    for (guint i = 0; profile != NULL && i < media->formats->len; i++) {
        const SlSdpFormat *format = g_ptr_array_index(media->formats, i);

        if (g_strcmp0(format->encoding_name, name) == 0) {
            g_free(of_profile);
            of_profile = g_strdup_printf(" of profile %s", profile);
        }
    }
    g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_CODEC_UNSUPPORTED,
                "The %sstream is encoded in %s%s; the offer has %s%s",
                g_str_equal(media->kind, "audio") ? "sound of the " : "", name != NULL ? name : "?",
                of_profile != NULL ? of_profile : "", formats != NULL ? formats : "none",
                of_profile != NULL ? " of others" : "");
}

/* --- */

typedef struct {
    const SlSdpMedia *media;   /* nullable: that would receive it */
    const SlTrackCodec *codec; /* nullable: of the stream */
    const SlSdpFormat *format; /* nullable: that fits both */
    guint track;
} Part;

static void
find_part(Part *part, SlSdpOffer *offer, GPtrArray *codecs, const char *kind)
{
    part->codec = find_codec(codecs, kind, &part->track);
    part->media = find_media(offer, kind, part->codec, &part->format);
}

static gboolean
check_parts(const Part *video, const Part *audio, GError **error)
{
    if (video->media == NULL && audio->media == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                            "The offer would receive neither picture nor sound, expected "
                            "“a=recvonly”");
        return FALSE;
    }
    if (video->media != NULL && video->codec != NULL && video->format == NULL) {
        set_unsupported(video->codec, video->media, error);
        return FALSE;
    }
    if (video->format != NULL || audio->format != NULL)
        return TRUE;
    if (audio->media != NULL && audio->codec != NULL)
        set_unsupported(audio->codec, audio->media, error);
    else
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_CODEC_UNSUPPORTED,
                    "The stream has no %s, and the offer asks for nothing else",
                    audio->media != NULL ? "sound" : "picture");
    return FALSE;
}

static void
add_match(GPtrArray *matches, const SlSdpMedia *media, const Part *part)
{
    SlOfferMatch *match = g_new0(SlOfferMatch, 1);

    match->choice.media = media;
    if (part != NULL) {
        match->choice.format = part->format;
        match->track = part->track;
        match->caps = make_caps(part->codec, media, part->format);
    }
    g_ptr_array_add(matches, match);
}

GPtrArray *
sl_offer_match(SlSdpOffer *offer, GPtrArray *codecs, GError **error)
{
    GPtrArray *medias = sl_sdp_offer_get_medias(offer);
    Part video = { 0 }, audio = { 0 };
    gboolean has_channels = FALSE;
    GPtrArray *matches;

    find_part(&video, offer, codecs, "video");
    find_part(&audio, offer, codecs, "audio");
    if (!check_parts(&video, &audio, error))
        return NULL;

    matches = g_ptr_array_new_with_free_func(match_free);
    for (guint i = 0; i < medias->len; i++) {
        const SlSdpMedia *media = g_ptr_array_index(medias, i);

        if (media == video.media && video.format != NULL) {
            add_match(matches, media, &video);
        } else if (media == audio.media && audio.format != NULL) {
            add_match(matches, media, &audio);
        } else if (!has_channels && is_wanted(media, "application")) {
            add_match(matches, media, NULL);
            has_channels = TRUE;
        }
    }
    return matches;
}
