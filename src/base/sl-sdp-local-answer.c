#include "sl-sdp-offer-private.h"

#include "sl-sdp-format.h"

#include <string.h>

static const SlSdpSection *
find_section(const SlSdpText *sdp, const char *mid)
{
    for (guint i = 0; i < sdp->medias->len; i++) {
        const SlSdpSection *section = sdp->medias->pdata[i];

        if (g_strcmp0(sl_sdp_section_get(section, "mid"), mid) == 0)
            return section;
    }
    return NULL;
}

static gboolean
is_rtp(const SlSdpOfferMedia *media)
{
    return !g_str_equal(media->media.kind, "application");
}

/* What answers an m-line: it is left to the other side, inactive, or not accepted at all. */
typedef enum { ANSWERED, INACTIVE, REJECTED } Result;

static Result
get_result(const SlSdpOfferMedia *media, const SlSdpText *answer, const SlSdpSection **ret_section)
{
    *ret_section = find_section(answer, media->media.mid);
    if (media->media.is_rejected)
        return REJECTED;
    if (*ret_section != NULL)
        return (*ret_section)->port != 0 ? ANSWERED : REJECTED;
    return is_rtp(media) ? INACTIVE : REJECTED;
}

/* Returns: (nullable): the mid of the m-line whose transport is used: the first in the bundle's
 * order that is accepted (RFC 9143, section 7.3.1) */
static const char *
find_tag(const SlSdpOffer *offer, const SlSdpText *answer)
{
    const SlSdpSection *section;

    for (guint i = 0; offer->bundle != NULL && offer->bundle[i] != NULL; i++) {
        for (guint j = 0; j < offer->medias->len; j++) {
            const SlSdpOfferMedia *media = offer->medias->pdata[j];

            if (g_str_equal(media->media.mid, offer->bundle[i]) &&
                get_result(media, answer, &section) != REJECTED)
                return media->media.mid;
        }
    }
    for (guint j = 0; j < offer->medias->len; j++) {
        const SlSdpOfferMedia *media = offer->medias->pdata[j];

        if (get_result(media, answer, &section) != REJECTED)
            return media->media.mid;
    }
    return NULL;
}

static void
write_group(GString *text, const SlSdpOffer *offer, const SlSdpText *answer)
{
    if (offer->bundle == NULL)
        return;
    g_string_append(text, "a=group:BUNDLE");
    for (guint i = 0; offer->bundle[i] != NULL; i++) {
        for (guint j = 0; j < offer->medias->len; j++) {
            const SlSdpOfferMedia *media = offer->medias->pdata[j];
            const SlSdpSection *section;

            if (g_str_equal(media->media.mid, offer->bundle[i]) &&
                get_result(media, answer, &section) != REJECTED)
                g_string_append_printf(text, " %s", offer->bundle[i]);
        }
    }
    g_string_append(text, "\r\n");
}

static void
write_attribute(GString *text, const SlSdpAttribute *attribute)
{
    g_string_append_printf(text, *attribute->value != '\0' ? "a=%s:%s\r\n" : "a=%s%s\r\n",
                           attribute->key, attribute->value);
}

static void
write_media_line(GString *text, const SlSdpOfferMedia *media, guint port, char **words)
{
    g_autofree char *formats = g_strjoinv(" ", words);

    g_string_append_printf(text, "m=%s %u %s %s\r\nc=IN IP4 0.0.0.0\r\n", media->media.kind, port,
                           media->proto, formats);
    if (media->has_mid)
        g_string_append_printf(text, "a=mid:%s\r\n", media->media.mid);
}

/* webrtcbin forgets the profile where other levels are allowed, and who reads no profile takes it
 * for Constrained Baseline. */
static void
write_fmtp(GString *text, const SlSdpOfferMedia *media, const SlSdpAttribute *attribute)
{
    guint64 payload_type = g_ascii_strtoull(attribute->value, NULL, 10);

    g_string_append_printf(text, "a=fmtp:%s", attribute->value);
    for (guint i = 0; i < media->media.formats->len; i++) {
        const SlSdpFormat *format = media->media.formats->pdata[i];
        g_autofree char *profile = NULL;

        if (format->payload_type != payload_type || !g_str_equal(format->encoding_name, "H264") ||
            strstr(attribute->value, "profile-level-id=") != NULL)
            continue;
        if ((profile = sl_sdp_parameter_get(format->fmtp, "profile-level-id")) != NULL)
            g_string_append_printf(text, ";profile-level-id=%s", profile);
    }
    g_string_append(text, "\r\n");
}

static void
write_answered(GString *text, const SlSdpOfferMedia *media, const SlSdpSection *section)
{
    static const char *const left_out[] = { "mid", "candidate", "end-of-candidates", NULL };
    char *port[] = { (char *)sl_sdp_section_get(section, "sctp-port"), NULL };

    write_media_line(text, media, 9, media->has_sctpmap ? port : section->formats);
    for (guint i = 0; i < section->attributes->len; i++) {
        const SlSdpAttribute *attribute = &g_array_index(section->attributes, SlSdpAttribute, i);

        if (media->has_sctpmap && g_str_equal(attribute->key, "sctp-port"))
            g_string_append_printf(text, "a=sctpmap:%s webrtc-datachannel 1024\r\n", port[0]);
        else if (g_str_equal(attribute->key, "fmtp"))
            write_fmtp(text, media, attribute);
        else if (!g_strv_contains(left_out, attribute->key))
            write_attribute(text, attribute);
    }
}

/* With the transport of those that webrtcbin answered. */
static void
write_inactive(GString *text, const SlSdpOfferMedia *media, const SlSdpText *answer)
{
    static const char *const keys[] = { "ice-ufrag", "ice-pwd", "fingerprint", "setup" };
    const SlSdpSection *transport = answer->medias->pdata[0];
    const SlSdpFormat *format = media->media.formats->pdata[0];
    g_autofree char *word = g_strdup_printf("%u", format->payload_type);
    char *words[] = { word, NULL };

    write_media_line(text, media, 9, words);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const SlSdpAttribute *attribute = sl_sdp_section_find(transport, keys[i], 0);

        if (attribute != NULL)
            write_attribute(text, attribute);
    }
    g_string_append_printf(text, "a=rtpmap:%s %s/%u", word, format->encoding_name,
                           format->clock_rate);
    if (format->channels > 1)
        g_string_append_printf(text, "/%u", format->channels);
    g_string_append(text, "\r\na=rtcp-mux\r\na=inactive\r\n");
}

static void
write_rejected(GString *text, const SlSdpOfferMedia *media)
{
    write_media_line(text, media, 0, media->words);
    if (is_rtp(media))
        g_string_append(text, "a=inactive\r\n");
}

static void
write_candidates(GString *text, const SlSdpText *answer, GPtrArray *candidates, gboolean is_end)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < answer->medias->len; i++) {
        const SlSdpAttribute *attribute;

        for (guint n = 0;
             (attribute = sl_sdp_section_find(answer->medias->pdata[i], "candidate", n)) != NULL;
             n++) {
            if (g_hash_table_add(seen, g_strconcat("candidate:", attribute->value, NULL)))
                write_attribute(text, attribute);
        }
    }
    for (guint i = 0; candidates != NULL && i < candidates->len; i++) {
        const SlSdpCandidate *candidate = candidates->pdata[i];

        if (g_hash_table_add(seen, g_strdup(candidate->candidate)))
            g_string_append_printf(text, "a=%s\r\n", candidate->candidate);
    }
    if (is_end)
        g_string_append(text, "a=end-of-candidates\r\n");
}

char *
sl_sdp_clean_local_answer(const char *answer, SlSdpOffer *offer, GPtrArray *candidates,
                          gboolean is_end)
{
    g_autoptr(SlSdpText) sdp = sl_sdp_text_parse(answer, G_MAXSIZE, NULL);
    GString *text;
    const char *tag;

    /* It is webrtcbin's. */
    g_return_val_if_fail(sdp != NULL && sdp->medias->len > 0, g_strdup(answer));
    tag = find_tag(offer, sdp);
    text = g_string_new(NULL);
    g_string_append_printf(text, "v=0\r\no=%s\r\ns=-\r\nt=0 0\r\n",
                           sdp->origin != NULL ? sdp->origin : "- 0 0 IN IP4 0.0.0.0");
    if (offer->is_trickle)
        g_string_append(text, "a=ice-options:trickle\r\n");
    write_group(text, offer, sdp);
    for (guint i = 0; i < offer->medias->len; i++) {
        const SlSdpOfferMedia *media = offer->medias->pdata[i];
        const SlSdpSection *section;
        Result result = get_result(media, sdp, &section);

        if (result == ANSWERED)
            write_answered(text, media, section);
        else if (result == INACTIVE)
            write_inactive(text, media, sdp);
        else
            write_rejected(text, media);
        if (g_strcmp0(media->media.mid, tag) == 0)
            write_candidates(text, sdp, candidates, is_end);
    }
    return g_string_free(text, FALSE);
}
