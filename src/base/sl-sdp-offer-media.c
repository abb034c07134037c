#include "sl-sdp-offer-private.h"

#include "sl-sdp-attributes.h"
#include "sl-sdp-format.h"

#include <string.h>

#define MAX_SSRCS 4 /* what it sends, its RTX, and one more each: webrtcbin keeps their names */
#define MAX_MID_BYTES 32
#define MAX_EXTENSION_ID 255 /* RFC 8285, section 4.3 */

static void
extension_free(gpointer data)
{
    SlSdpExtension *self = data;

    g_free(self->uri);
    g_free(self);
}

void
sl_sdp_offer_media_free(SlSdpOfferMedia *self)
{
    g_free(self->media.kind);
    g_free(self->media.mid);
    g_clear_pointer(&self->media.formats, g_ptr_array_unref);
    g_clear_pointer(&self->media.extensions, g_ptr_array_unref);
    g_free(self->proto);
    g_strfreev(self->words);
    g_clear_pointer(&self->ssrcs, g_array_unref);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpOfferMedia, sl_sdp_offer_media_free)

/* RFC 8866, section 9: a token. */
static gboolean
is_token(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("!#$%&'*+-.^_`{|}~", *p) == NULL)
            return FALSE;
    }
    return *text != '\0' && strlen(text) <= MAX_MID_BYTES;
}

static gboolean
read_mid(SlSdpOfferMedia *self, const SlSdpSection *section, GError **error)
{
    const char *mid = sl_sdp_section_get(section, "mid");

    if (mid == NULL)
        return TRUE;
    if (!is_token(mid) || sl_sdp_section_find(section, "mid", 1) != NULL)
        return sl_sdp_section_invalid(error, section,
                                      "expected one “a=mid” of 1 to 32 letters, digits and signs");
    self->media.mid = g_strdup(mid);
    self->has_mid = TRUE;
    return TRUE;
}

static const struct {
    const char *key;
    SlSdpDirection direction;
} directions[] = {
    { "sendrecv", SL_SDP_SENDRECV },
    { "sendonly", SL_SDP_SENDONLY },
    { "recvonly", SL_SDP_RECVONLY },
    { "inactive", SL_SDP_INACTIVE },
};

static guint
find_directions(const SlSdpSection *section, SlSdpDirection *ret_direction)
{
    guint n = 0;

    for (guint i = 0; i < G_N_ELEMENTS(directions); i++) {
        if (sl_sdp_section_get(section, directions[i].key) == NULL)
            continue;
        *ret_direction = directions[i].direction;
        n++;
    }
    return n;
}

/* RFC 8866, section 6.7: the session's is for those that have none; sendrecv where nothing is said.
 */
static gboolean
read_direction(SlSdpOfferMedia *self, const SlSdpSection *section, const SlSdpSection *session,
               GError **error)
{
    guint n = find_directions(section, &self->media.direction);

    if (n == 0)
        n = find_directions(session, &self->media.direction);
    return n <= 1 || sl_sdp_section_invalid(error, section,
                                            "several directions, expected “a=sendrecv” or another");
}

static gboolean
sends(const SlSdpOfferMedia *self)
{
    return self->media.direction == SL_SDP_SENDONLY || self->media.direction == SL_SDP_SENDRECV;
}

static gboolean
has_id(GPtrArray *extensions, guint64 id)
{
    for (guint i = 0; i < extensions->len; i++) {
        const SlSdpExtension *extension = extensions->pdata[i];

        if (extension->id == id)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_graph(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isgraph(*p))
            return FALSE;
    }
    return *text != '\0';
}

/* RFC 8285, section 6: `ID[/direction] URI[ …]`; ids beyond those that packets can have only keep
 * a place. */
static gboolean
read_extension(SlSdpOfferMedia *self, const SlSdpSection *section, const char *value,
               GError **error)
{
    g_auto(GStrv) words = g_strsplit(value, " ", 3);
    SlSdpExtension *extension;
    guint64 id;

    if (words[0] != NULL)
        *strchrnul(words[0], '/') = '\0';
    if (words[0] == NULL || words[1] == NULL || !is_graph(words[1]) ||
        !g_ascii_string_to_unsigned(words[0], 10, 1, 65535, &id, NULL))
        return sl_sdp_section_invalid(error, section, "“a=extmap:%s”: expected “ID URI”", value);
    if (id > MAX_EXTENSION_ID)
        return TRUE;
    if (has_id(self->media.extensions, id))
        return sl_sdp_section_invalid(error, section, "“a=extmap:%s” twice", words[0]);
    extension = g_new0(SlSdpExtension, 1);
    extension->id = id;
    extension->uri = g_strdup(words[1]);
    g_ptr_array_add(self->media.extensions, extension);
    return TRUE;
}

static gboolean
read_extensions(SlSdpOfferMedia *self, const SlSdpSection *section, const SlSdpSection *session,
                GError **error)
{
    const SlSdpSection *from = sl_sdp_section_get(section, "extmap") != NULL ? section : session;
    const SlSdpAttribute *attribute;

    for (guint n = 0; (attribute = sl_sdp_section_find(from, "extmap", n)) != NULL; n++) {
        if (!read_extension(self, section, attribute->value, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
has_ssrc(GArray *ssrcs, guint64 ssrc)
{
    for (guint i = 0; i < ssrcs->len; i++) {
        if (g_array_index(ssrcs, guint32, i) == ssrc)
            return TRUE;
    }
    return FALSE;
}

static gboolean
read_ssrcs(SlSdpOfferMedia *self, const SlSdpSection *section, GError **error)
{
    const SlSdpAttribute *attribute;

    /* Some say what their reports will have. */
    if (!sends(self))
        return TRUE;
    for (guint n = 0; (attribute = sl_sdp_section_find(section, "ssrc", n)) != NULL; n++) {
        g_autofree char *word = g_strndup(attribute->value, strcspn(attribute->value, " "));
        guint64 number;
        guint32 ssrc;

        if (!g_ascii_string_to_unsigned(word, 10, 1, G_MAXUINT32, &number, NULL))
            return sl_sdp_section_invalid(
                error, section, "“a=ssrc:%s”: expected a number from 1 to 4294967295", word);
        ssrc = number;
        if (self->ssrcs->len < MAX_SSRCS && !has_ssrc(self->ssrcs, ssrc))
            g_array_append_val(self->ssrcs, ssrc);
    }
    self->media.has_ssrc = self->ssrcs->len > 0;
    return TRUE;
}

/* RFC 8853, section 5.1; `a=ssrc-group:SIM` is how Chromium did it before. */
static gboolean
has_simulcast(const SlSdpSection *section)
{
    const SlSdpAttribute *attribute;
    guint n_rids = 0;

    for (guint n = 0; (attribute = sl_sdp_section_find(section, "simulcast", n)) != NULL; n++) {
        if (strstr(attribute->value, "send") != NULL)
            return TRUE;
    }
    for (guint n = 0; (attribute = sl_sdp_section_find(section, "ssrc-group", n)) != NULL; n++) {
        if (g_str_has_prefix(attribute->value, "SIM "))
            return TRUE;
    }
    for (guint n = 0; (attribute = sl_sdp_section_find(section, "rid", n)) != NULL; n++)
        n_rids += strstr(attribute->value, " send") != NULL;
    return n_rids > 1;
}

/* The last one is how browsers wrote it before RFC 8829 (section 5.1.2) said otherwise. */
static gboolean
is_known_proto(const char *proto)
{
    static const char *const protos[] = { "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF",
                                          NULL };

    return g_strv_contains(protos, proto);
}

static gboolean
read_rtp(SlSdpOfferMedia *self, const SlSdpSection *section, const SlSdpSection *session,
         GError **error)
{
    if (!is_known_proto(section->proto))
        return sl_sdp_section_invalid(error, section, "protocol “%s”, expected “UDP/TLS/RTP/SAVPF”",
                                      section->proto);
    if (sl_sdp_section_get(section, "rtcp-mux") == NULL &&
        sl_sdp_section_get(session, "rtcp-mux") == NULL)
        return sl_sdp_section_invalid(error, section,
                                      "no “a=rtcp-mux”, without which it can't be received");
    g_ptr_array_unref(self->media.formats);
    self->media.formats = sl_sdp_formats_read(section, error);
    if (self->media.formats == NULL || !read_direction(self, section, session, error) ||
        !read_extensions(self, section, session, error) || !read_ssrcs(self, section, error))
        return FALSE;
    self->media.has_simulcast = sends(self) && has_simulcast(section);
    self->media.is_rejected = self->media.formats->len == 0;
    return TRUE;
}

/* RFC 8841, section 5, or as its drafts had it, which aiortc 1.4 still writes: the port in place of
 * the format, and `a=sctpmap:PORT webrtc-datachannel STREAMS`. Returns: (nullable): none of both */
static const char *
find_sctp_port(SlSdpOfferMedia *self, const SlSdpSection *section)
{
    const char *map = sl_sdp_section_get(section, "sctpmap");
    g_autofree char *prefix = g_strdup_printf("%s webrtc-datachannel", section->formats[0]);

    if (section->formats[1] != NULL)
        return NULL;
    if (g_str_equal(section->proto, "UDP/DTLS/SCTP") &&
        g_str_equal(section->formats[0], "webrtc-datachannel"))
        return sl_sdp_section_get(section, "sctp-port");
    self->has_sctpmap = g_str_has_suffix(section->proto, "DTLS/SCTP") &&
                        !g_str_has_prefix(section->proto, "TCP") && map != NULL &&
                        g_str_has_prefix(map, prefix);
    return self->has_sctpmap ? section->formats[0] : NULL;
}

static gboolean
read_data(SlSdpOfferMedia *self, const SlSdpSection *section, GError **error)
{
    const char *port = find_sctp_port(self, section);
    const char *max = sl_sdp_section_get(section, "max-message-size");
    guint64 number = 0;

    self->media.is_rejected = port == NULL;
    if (port == NULL)
        return TRUE;
    if (!g_ascii_string_to_unsigned(port, 10, 1, 65535, &number, NULL))
        return sl_sdp_section_invalid(error, section, "the SCTP port “%s” is not 1 to 65535", port);
    self->sctp_port = number;
    number = 65536; /* RFC 8841, section 6.1 */
    if (max != NULL && !g_ascii_string_to_unsigned(max, 10, 0, G_MAXUINT64, &number, NULL))
        return sl_sdp_section_invalid(error, section, "“a=max-message-size”: expected a number");
    self->max_message_size = MIN(number, G_MAXINT32);
    return TRUE;
}

static gboolean
read_kind(SlSdpOfferMedia *self, const SlSdpSection *section, const SlSdpSection *session,
          GError **error)
{
    if (g_str_equal(section->kind, "video") || g_str_equal(section->kind, "audio"))
        return read_rtp(self, section, session, error);
    if (g_str_equal(section->kind, "application"))
        return read_data(self, section, error);
    self->media.is_rejected = TRUE;
    return TRUE;
}

SlSdpOfferMedia *
sl_sdp_offer_media_read(const SlSdpSection *section, const SlSdpSection *session, GError **error)
{
    g_autoptr(SlSdpOfferMedia) self = g_new0(SlSdpOfferMedia, 1);
    gboolean is_good = TRUE;

    self->media.kind = g_strdup(section->kind);
    self->media.formats = g_ptr_array_new();
    self->media.extensions = g_ptr_array_new_with_free_func(extension_free);
    self->proto = g_strdup(section->proto);
    self->words = g_strdupv(section->formats);
    self->ssrcs = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!read_mid(self, section, error))
        return NULL;
    if (section->port == 0 && sl_sdp_section_get(section, "bundle-only") == NULL)
        self->media.is_rejected = TRUE;
    else
        is_good = read_kind(self, section, session, error);
    return is_good ? g_steal_pointer(&self) : NULL;
}
