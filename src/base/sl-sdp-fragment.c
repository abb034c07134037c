#include "sl-sdp-fragment.h"
#include "sl-error.h"
#include "sl-sdp-attributes.h"
#include "sl-sdp-text.h"
#include "sl-sdp.h"

#include <string.h>

SlSdpCandidate *
sl_sdp_candidate_new(const char *mid, int mline, const char *candidate)
{
    SlSdpCandidate *self = g_new0(SlSdpCandidate, 1);

    self->mid = g_strdup(mid);
    self->mline = mline;
    self->candidate = g_strdup(candidate);
    return self;
}

void
sl_sdp_candidate_free(SlSdpCandidate *self)
{
    g_free(self->mid);
    g_free(self->candidate);
    g_free(self);
}

void
sl_sdp_fragment_free(SlSdpFragment *self)
{
    g_free(self->ufrag);
    g_free(self->pwd);
    g_ptr_array_unref(self->candidates);
    g_free(self);
}

/* They stand for the session or in each m-line; all are bundled, so there is one pair. */
static gboolean
read_credential(char **value, const SlSdpSection *section, const char *key, GError **error)
{
    const SlSdpAttribute *attribute = sl_sdp_section_find(section, key, 0);

    if (attribute == NULL)
        return TRUE;
    if (!sl_sdp_attribute_check(attribute, error))
        return FALSE;
    if (*value == NULL)
        *value = g_strdup(attribute->value);
    return g_str_equal(*value, attribute->value) ||
           sl_sdp_section_invalid(error, section, "another “a=%s” than before", key);
}

static gboolean
read_candidate(SlSdpFragment *self, const SlSdpAttribute *attribute, const char *mid,
               GError **error)
{
    g_autofree char *candidate = g_strconcat("candidate:", attribute->value, NULL);
    g_autoptr(GError) fault = NULL;
    gboolean usable;

    if (!sl_sdp_check_candidate(candidate, &usable, &fault)) {
        g_set_error(error, SL_BASE_ERROR, fault->code, "SDP line %u: %s", attribute->line,
                    fault->message);
        return FALSE;
    }
    if (usable)
        g_ptr_array_add(self->candidates, sl_sdp_candidate_new(mid, -1, candidate));
    return TRUE;
}

static gboolean
read_section(SlSdpFragment *self, const SlSdpSection *section, guint *n_left, GError **error)
{
    const char *mid = sl_sdp_section_get(section, "mid");
    const SlSdpAttribute *attribute;

    if (!sl_sdp_section_check_size(section, error))
        return FALSE;
    if (section->kind != NULL && (mid == NULL || *mid == '\0'))
        return sl_sdp_section_invalid(error, section, "no “a=mid”");
    if (!read_credential(&self->ufrag, section, "ice-ufrag", error) ||
        !read_credential(&self->pwd, section, "ice-pwd", error))
        return FALSE;
    for (guint n = 0; (attribute = sl_sdp_section_find(section, "candidate", n)) != NULL; n++) {
        if ((*n_left)-- == 0) {
            *n_left = 0;
            return sl_sdp_section_invalid(error, section, "too many candidates");
        }
        if (!read_candidate(self, attribute, section->kind != NULL ? mid : NULL, error))
            return FALSE;
    }
    self->is_end |= sl_sdp_section_get(section, "end-of-candidates") != NULL;
    return TRUE;
}

static gboolean
read_all(SlSdpFragment *self, const SlSdpText *sdp, guint max_candidates, GError **error)
{
    guint n_left = max_candidates;

    if (!read_section(self, sdp->session, &n_left, error))
        return FALSE;
    for (guint i = 0; i < sdp->medias->len; i++) {
        if (!read_section(self, sdp->medias->pdata[i], &n_left, error))
            return FALSE;
    }
    if ((self->ufrag == NULL) != (self->pwd == NULL))
        return sl_sdp_section_invalid(error, sdp->session, "“a=%s” without “a=%s”",
                                      self->ufrag != NULL ? "ice-ufrag" : "ice-pwd",
                                      self->ufrag != NULL ? "ice-pwd" : "ice-ufrag");
    return TRUE;
}

SlSdpFragment *
sl_sdp_fragment_new(const char *text, gsize max_bytes, guint max_candidates, GError **error)
{
    g_autoptr(SlSdpFragment) self = NULL;
    g_autoptr(SlSdpText) sdp = sl_sdp_text_parse_fragment(text, max_bytes, error);

    if (sdp == NULL)
        return NULL;
    self = g_new0(SlSdpFragment, 1);
    self->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)sl_sdp_candidate_free);
    return read_all(self, sdp, max_candidates, error) ? g_steal_pointer(&self) : NULL;
}
