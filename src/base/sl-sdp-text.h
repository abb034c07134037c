#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An SDP (RFC 8866) cut into its parts, and nothing read into them. */

typedef struct {
    guint line;        /* from 1 */
    const char *key;   /* `a=KEY:VALUE`, by RFC 8866's token */
    const char *value; /* "" for a mere flag */
} SlSdpAttribute;

typedef struct {
    guint line;
    char *kind; /* NULL for the session's part */
    guint16 port;
    char *proto;
    char **formats;     /* at least one */
    GArray *attributes; /* of SlSdpAttribute */
} SlSdpSection;

typedef struct {
    char *text; /* cut up; the attributes point into it */
    SlSdpSection *session;
    const char *origin; /* (nullable): what `o=` says */
    GPtrArray *medias;  /* of SlSdpSection */
} SlSdpText;

/**
 * sl_sdp_text_parse:
 *
 * UTF-8 in lines that end in LF or CRLF, of types that RFC 8866 knows but `k`, without control
 * characters, of at most @max_bytes. Empty lines at the end are passed over: files have them.
 */
SlSdpText *sl_sdp_text_parse(const char *text, gsize max_bytes, GError **error);

/** sl_sdp_text_parse_fragment: likewise an SDP fragment (RFC 8840, section 9), which has no `v=` */
SlSdpText *sl_sdp_text_parse_fragment(const char *text, gsize max_bytes, GError **error);
void sl_sdp_text_free(SlSdpText *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpText, sl_sdp_text_free)

/** sl_sdp_section_find: Returns: (nullable): the @n-th attribute (from 0) with this key */
const SlSdpAttribute *sl_sdp_section_find(const SlSdpSection *self, const char *key, guint n);
/** sl_sdp_section_get: Returns: (nullable): the value of the first attribute with this key */
const char *sl_sdp_section_get(const SlSdpSection *self, const char *key);

/** sl_sdp_section_invalid: sets SL_BASE_ERROR_INVALID, “SDP line N: …”; Returns: FALSE */
gboolean sl_sdp_section_invalid(GError **error, const SlSdpSection *section, const char *format,
                                ...) G_GNUC_PRINTF(3, 4);

G_END_DECLS
