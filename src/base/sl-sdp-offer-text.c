#include "sl-sdp-offer-private.h"

#include <string.h>

/* All that webrtcbin sees of an offer is written here, from what was read of it. */

static const char *const directions[] = {
    [SL_SDP_SENDRECV] = "sendrecv",
    [SL_SDP_SENDONLY] = "sendonly",
    [SL_SDP_RECVONLY] = "recvonly",
    [SL_SDP_INACTIVE] = "inactive",
};

static void
write_format(GString *text, const SlSdpFormat *format)
{
    guint payload_type = format->payload_type;

    g_string_append_printf(text, "a=rtpmap:%u %s/%u", payload_type, format->encoding_name,
                           format->clock_rate);
    if (format->channels > 1)
        g_string_append_printf(text, "/%u", format->channels);
    g_string_append(text, "\r\n");
    if (format->fmtp != NULL)
        g_string_append_printf(text, "a=fmtp:%u %s\r\n", payload_type, format->fmtp);
    if (format->nack)
        g_string_append_printf(text, "a=rtcp-fb:%u nack\r\n", payload_type);
    if (format->pli)
        g_string_append_printf(text, "a=rtcp-fb:%u nack pli\r\n", payload_type);
    if (format->fir)
        g_string_append_printf(text, "a=rtcp-fb:%u ccm fir\r\n", payload_type);
    if (format->transport_cc)
        g_string_append_printf(text, "a=rtcp-fb:%u transport-cc\r\n", payload_type);
    if (format->rtx >= 0)
        g_string_append_printf(text, "a=rtpmap:%d rtx/%u\r\na=fmtp:%d apt=%u\r\n", format->rtx,
                               format->clock_rate, format->rtx, payload_type);
}

static void
write_words(GString *text, const SlSdpFormat *format)
{
    g_string_append_printf(text, " %u", format->payload_type);
    if (format->rtx >= 0)
        g_string_append_printf(text, " %d", format->rtx);
}

/* @only: (nullable) */
static void
write_rtp(GString *text, const SlSdpOfferMedia *self, const SlSdpFormat *only)
{
    GPtrArray *formats = self->media.formats;

    for (guint i = 0; i < formats->len; i++) {
        if (only == NULL || formats->pdata[i] == only)
            write_format(text, formats->pdata[i]);
    }
    for (guint i = 0; i < self->media.extensions->len; i++) {
        const SlSdpExtension *extension = self->media.extensions->pdata[i];

        g_string_append_printf(text, "a=extmap:%u %s\r\n", extension->id, extension->uri);
    }
    for (guint i = 0; i < self->ssrcs->len; i++)
        g_string_append_printf(text, "a=ssrc:%u cname:offered\r\n",
                               g_array_index(self->ssrcs, guint32, i));
    g_string_append_printf(text, "a=rtcp-mux\r\na=%s\r\n", directions[self->media.direction]);
}

static void
write_media_line(GString *text, const SlSdpOfferMedia *self, const SlSdpFormat *only)
{
    GPtrArray *formats = self->media.formats;

    if (self->sctp_port != 0) {
        g_string_append(text, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
        return;
    }
    g_string_append_printf(text, "m=%s 9 UDP/TLS/RTP/SAVPF", self->media.kind);
    for (guint i = 0; i < formats->len; i++) {
        if (only == NULL || formats->pdata[i] == only)
            write_words(text, formats->pdata[i]);
    }
    g_string_append(text, "\r\n");
}

/* RFC 9143, section 7.1.3: all that are bundled say the same of their transport. */
static void
write_media(GString *text, const SlSdpOffer *self, const SlSdpOfferMedia *media,
            const SlSdpFormat *only)
{
    write_media_line(text, media, only);
    g_string_append_printf(text,
                           "c=IN IP4 0.0.0.0\r\na=mid:%s\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                           "a=fingerprint:%s\r\na=setup:%s\r\n",
                           media->media.mid, self->ufrag, self->pwd, self->fingerprint,
                           self->setup);
    if (media->sctp_port != 0)
        g_string_append_printf(text, "a=sctp-port:%u\r\na=max-message-size:%u\r\n",
                               media->sctp_port, media->max_message_size);
    else
        write_rtp(text, media, only);
}

static void
write_session(GString *text, const SlSdpOffer *self)
{
    g_string_append_printf(text, "v=0\r\no=- %s IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", self->origin);
    if (self->is_lite)
        g_string_append(text, "a=ice-lite\r\n");
    if (self->is_trickle)
        g_string_append(text, "a=ice-options:trickle\r\n");
}

/* @choices: NULL for all that are not rejected */
static gboolean
is_chosen(const SlSdpOfferMedia *media, const SlSdpChoice *choices, guint n_choices,
          const SlSdpFormat **ret_format)
{
    *ret_format = NULL;
    if (media->media.is_rejected)
        return FALSE;
    for (guint i = 0; choices != NULL && i < n_choices; i++) {
        if (choices[i].media != &media->media)
            continue;
        *ret_format = choices[i].format;
        return TRUE;
    }
    return choices == NULL;
}

char *
sl_sdp_offer_make_text(SlSdpOffer *self, const SlSdpChoice *choices, guint n_choices)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GString) medias = g_string_new(NULL);

    write_session(text, self);
    g_string_append(text, "a=group:BUNDLE");
    for (guint i = 0; i < self->medias->len; i++) {
        const SlSdpOfferMedia *media = self->medias->pdata[i];
        gboolean is_first = medias->len == 0;
        const SlSdpFormat *format;

        if (!is_chosen(media, choices, n_choices, &format))
            continue;
        g_string_append_printf(text, " %s", media->media.mid);
        write_media(medias, self, media, format);
        for (guint j = 0; is_first && j < self->candidates->len; j++)
            g_string_append_printf(medias, "a=%s\r\n", (const char *)self->candidates->pdata[j]);
    }
    g_string_append_printf(text, "\r\n%s", medias->str);
    return g_string_free(text, FALSE);
}
