#include "sl-sdp-offer-private.h"

#include "sl-error.h"
#include "sl-sdp-attributes.h"
#include "sl-sdp.h"

#include <string.h>

#define MAX_CANDIDATES 100

/* RFC 9143, section 7.2. Returns: (nullable): the only BUNDLE group; FALSE in @ret_one for several
 */
static const SlSdpAttribute *
find_bundle(const SlSdpSection *session, gboolean *ret_one)
{
    const SlSdpAttribute *attribute, *found = NULL;

    *ret_one = TRUE;
    for (guint n = 0; (attribute = sl_sdp_section_find(session, "group", n)) != NULL; n++) {
        if (!g_str_equal(attribute->value, "BUNDLE") &&
            !g_str_has_prefix(attribute->value, "BUNDLE "))
            continue;
        if (found != NULL)
            *ret_one = FALSE;
        found = attribute;
    }
    return found;
}

static SlSdpOfferMedia *
find_mid(GPtrArray *medias, const char *mid)
{
    for (guint i = 0; i < medias->len; i++) {
        SlSdpOfferMedia *media = medias->pdata[i];

        if (g_strcmp0(media->media.mid, mid) == 0)
            return media;
    }
    return NULL;
}

static gboolean
read_bundle(SlSdpOffer *self, const SlSdpText *sdp, GError **error)
{
    gboolean is_one;
    const SlSdpAttribute *group = find_bundle(sdp->session, &is_one);
    g_auto(GStrv) mids = NULL;
    g_autoptr(GPtrArray) usable = g_ptr_array_new_with_free_func(g_free);

    if (!is_one)
        return sl_sdp_section_invalid(error, sdp->session,
                                      "several “a=group:BUNDLE”, one is expected");
    if (group == NULL || g_str_equal(group->value, "BUNDLE"))
        return TRUE;
    mids = g_strsplit(group->value + strlen("BUNDLE "), " ", -1);
    for (guint i = 0; mids[i] != NULL; i++) {
        const SlSdpOfferMedia *media = *mids[i] != '\0' ? find_mid(self->medias, mids[i]) : NULL;

        if (g_strv_contains((const char *const *)mids + i + 1, mids[i]))
            return sl_sdp_section_invalid(error, sdp->session, "“a=group:BUNDLE” names “%s” twice",
                                          mids[i]);
        /* FFmpeg always names two m-lines, also where it has one. */
        if (media != NULL && !media->media.is_rejected)
            g_ptr_array_add(usable, g_strdup(mids[i]));
    }
    if (usable->len == 0)
        return TRUE;
    g_ptr_array_add(usable, NULL);
    self->bundle = (char **)g_ptr_array_free(g_steal_pointer(&usable), FALSE);
    return TRUE;
}

static gboolean
is_bundled(const SlSdpOffer *self, const SlSdpOfferMedia *media)
{
    return self->bundle != NULL && media->media.mid != NULL &&
           g_strv_contains((const char *const *)self->bundle, media->media.mid);
}

/* One transport for all: more are more ports, and nothing here would use them (RFC 9725, section
 * 4.4.2). */
static gboolean
check_bundle(const SlSdpOffer *self, const SlSdpText *sdp, GError **error)
{
    const SlSdpSection *left_out = NULL;
    guint n_usable = 0;

    for (guint i = 0; i < self->medias->len; i++) {
        const SlSdpOfferMedia *media = self->medias->pdata[i];

        if (media->media.is_rejected)
            continue;
        n_usable++;
        if (left_out == NULL && !is_bundled(self, media))
            left_out = sdp->medias->pdata[i];
    }
    if (n_usable == 0)
        return sl_sdp_section_invalid(error, sdp->session, "no m-line that could be accepted");
    if (left_out != NULL && n_usable > 1)
        return sl_sdp_section_invalid(
            error, left_out, "not in “a=group:BUNDLE”, expected all m-lines to be bundled");
    return TRUE;
}

static gboolean
read_medias(SlSdpOffer *self, const SlSdpText *sdp, GError **error)
{
    for (guint i = 0; i < sdp->medias->len; i++) {
        const SlSdpSection *section = sdp->medias->pdata[i];
        SlSdpOfferMedia *media = sl_sdp_offer_media_read(section, sdp->session, error);

        if (media == NULL)
            return FALSE;
        if (media->media.mid != NULL && find_mid(self->medias, media->media.mid) != NULL) {
            sl_sdp_section_invalid(error, section, "“a=mid:%s” is that of another m-line, too",
                                   media->media.mid);
            sl_sdp_offer_media_free(media);
            return FALSE;
        }
        g_ptr_array_add(self->medias, media);
    }
    return self->medias->len > 0 ||
           sl_sdp_section_invalid(error, sdp->session, "no “m=” line follows");
}

/* A second association has nowhere to go. */
static void
reject_further_data(SlSdpOffer *self)
{
    gboolean has_data = FALSE;

    for (guint i = 0; i < self->medias->len; i++) {
        SlSdpMedia *media = self->medias->pdata[i];

        if (media->is_rejected || !g_str_equal(media->kind, "application"))
            continue;
        media->is_rejected = has_data;
        has_data = TRUE;
    }
}

static void
make_up_mids(SlSdpOffer *self)
{
    guint number = 0;

    for (guint i = 0; i < self->medias->len; i++) {
        SlSdpMedia *media = self->medias->pdata[i];

        while (media->mid == NULL) {
            g_autofree char *mid = g_strdup_printf("%u", number++);

            if (find_mid(self->medias, mid) == NULL)
                media->mid = g_steal_pointer(&mid);
        }
    }
}

/* Whose transport is used: the first of the bundle (RFC 9143, section 7.2.1), or the only one;
 * where it doesn't say it, the session, and then whoever does. */
static GPtrArray *
list_transports(const SlSdpOffer *self, const SlSdpText *sdp)
{
    GPtrArray *sections = g_ptr_array_new();
    const char *tag = self->bundle != NULL ? self->bundle[0] : NULL;

    g_ptr_array_add(sections, sdp->session);
    for (guint i = 0; i < self->medias->len; i++) {
        const SlSdpOfferMedia *media = self->medias->pdata[i];

        if (media->media.is_rejected)
            continue;
        if (tag == NULL || g_str_equal(media->media.mid, tag)) {
            g_ptr_array_insert(sections, 0, sdp->medias->pdata[i]);
            tag = media->media.mid;
        } else {
            g_ptr_array_add(sections, sdp->medias->pdata[i]);
        }
    }
    return sections;
}

static const SlSdpSection *
find_section(GPtrArray *sections, const char *key)
{
    for (guint i = 0; i < sections->len; i++) {
        if (sl_sdp_section_get(sections->pdata[i], key) != NULL)
            return sections->pdata[i];
    }
    return NULL;
}

static gboolean
read_credentials(SlSdpOffer *self, GPtrArray *sections, GError **error)
{
    const SlSdpSection *section = find_section(sections, "ice-ufrag");
    const SlSdpAttribute *ufrag, *pwd;

    if (section == NULL)
        return sl_sdp_section_invalid(error, sections->pdata[0],
                                      "no “a=ice-ufrag” and “a=ice-pwd”");
    ufrag = sl_sdp_section_find(section, "ice-ufrag", 0);
    pwd = sl_sdp_section_find(section, "ice-pwd", 0);
    if (pwd == NULL)
        return sl_sdp_section_invalid(error, section, "“a=ice-ufrag” without “a=ice-pwd”");
    if (!sl_sdp_attribute_check(ufrag, error) || !sl_sdp_attribute_check(pwd, error))
        return FALSE;
    self->ufrag = g_strdup(ufrag->value);
    self->pwd = g_strdup(pwd->value);
    return TRUE;
}

/* Some list several digests of the same certificate, also weak ones. */
static gboolean
read_fingerprint(SlSdpOffer *self, GPtrArray *sections, GError **error)
{
    const SlSdpSection *section = find_section(sections, "fingerprint");
    const SlSdpAttribute *attribute;

    if (section == NULL)
        return sl_sdp_section_invalid(error, sections->pdata[0], "no “a=fingerprint”");
    for (guint n = 0; (attribute = sl_sdp_section_find(section, "fingerprint", n)) != NULL; n++) {
        if (!sl_sdp_attribute_check(attribute, NULL))
            continue;
        self->fingerprint = g_strdup(attribute->value);
        return TRUE;
    }
    return sl_sdp_attribute_check(sl_sdp_section_find(section, "fingerprint", 0), error);
}

/* RFC 8842, section 5.2: actpass; others say what they insist on, which can be answered. */
static gboolean
read_setup(SlSdpOffer *self, GPtrArray *sections, GError **error)
{
    static const char *const setups[] = { "actpass", "active", "passive", NULL };
    const SlSdpSection *section = find_section(sections, "setup");
    const char *setup = section != NULL ? sl_sdp_section_get(section, "setup") : NULL;

    if (setup == NULL)
        return sl_sdp_section_invalid(error, sections->pdata[0], "no “a=setup”");
    if (!g_strv_contains(setups, setup))
        return sl_sdp_section_invalid(
            error, section, "“a=setup:%s”, expected “actpass”, “active” or “passive”", setup);
    self->setup = g_strdup(setup);
    return TRUE;
}

static gboolean
read_candidates(SlSdpOffer *self, GPtrArray *sections, GError **error)
{
    const SlSdpSection *section = find_section(sections, "candidate");
    const SlSdpAttribute *attribute;

    for (guint n = 0;
         section != NULL && (attribute = sl_sdp_section_find(section, "candidate", n)) != NULL;
         n++) {
        g_autofree char *candidate = g_strconcat("candidate:", attribute->value, NULL);
        g_autoptr(GError) fault = NULL;
        gboolean usable;

        if (n >= MAX_CANDIDATES)
            return sl_sdp_section_invalid(error, section, "more than %d candidates follow",
                                          MAX_CANDIDATES);
        if (!sl_sdp_check_candidate(candidate, &usable, &fault)) {
            g_set_error(error, SL_BASE_ERROR, fault->code, "SDP line %u: %s", attribute->line,
                        fault->message);
            return FALSE;
        }
        if (usable)
            g_ptr_array_add(self->candidates, g_steal_pointer(&candidate));
    }
    return TRUE;
}

static gboolean
read_transport(SlSdpOffer *self, const SlSdpText *sdp, GError **error)
{
    g_autoptr(GPtrArray) sections = list_transports(self, sdp);
    const SlSdpSection *options = find_section(sections, "ice-options");

    self->is_lite = sl_sdp_section_get(sdp->session, "ice-lite") != NULL;
    self->is_trickle =
        options != NULL && strstr(sl_sdp_section_get(options, "ice-options"), "trickle") != NULL;
    return read_credentials(self, sections, error) && read_fingerprint(self, sections, error) &&
           read_setup(self, sections, error) && read_candidates(self, sections, error);
}

/* `USER ID VERSION …`, both numbers of up to 19 digits: webrtcbin answers with the same. */
static char *
read_origin(const char *origin)
{
    g_auto(GStrv) words = g_strsplit(origin != NULL ? origin : "", " ", 4);
    guint64 id = 0, version = 0;

    if (g_strv_length(words) < 3 ||
        !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXINT64, &id, NULL) ||
        !g_ascii_string_to_unsigned(words[2], 10, 0, G_MAXINT64, &version, NULL))
        id = version = 0;
    return g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, id, version);
}

static gboolean
check_sizes(const SlSdpText *sdp, GError **error)
{
    if (!sl_sdp_section_check_size(sdp->session, error))
        return FALSE;
    for (guint i = 0; i < sdp->medias->len; i++) {
        if (!sl_sdp_section_check_size(sdp->medias->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_all(SlSdpOffer *self, const SlSdpText *sdp, GError **error)
{
    if (!check_sizes(sdp, error) || !read_medias(self, sdp, error))
        return FALSE;
    reject_further_data(self);
    if (!read_bundle(self, sdp, error) || !check_bundle(self, sdp, error))
        return FALSE;
    make_up_mids(self);
    if (!read_transport(self, sdp, error))
        return FALSE;
    self->origin = read_origin(sdp->origin);
    self->text = sl_sdp_offer_make_text(self, NULL, 0);
    return TRUE;
}

SlSdpOffer *
sl_sdp_offer_new(const char *text, gsize max_bytes, GError **error)
{
    g_autoptr(SlSdpOffer) self = g_atomic_rc_box_new0(SlSdpOffer);
    g_autoptr(SlSdpText) sdp = NULL;

    self->medias = g_ptr_array_new_with_free_func((GDestroyNotify)sl_sdp_offer_media_free);
    self->candidates = g_ptr_array_new_with_free_func(g_free);
    sdp = sl_sdp_text_parse(text, max_bytes, error);
    return sdp != NULL && read_all(self, sdp, error) ? g_steal_pointer(&self) : NULL;
}

SlSdpOffer *
sl_sdp_offer_ref(SlSdpOffer *self)
{
    return g_atomic_rc_box_acquire(self);
}

static void
clear(gpointer data)
{
    SlSdpOffer *self = data;

    g_free(self->text);
    g_free(self->origin);
    g_clear_pointer(&self->medias, g_ptr_array_unref);
    g_strfreev(self->bundle);
    g_free(self->ufrag);
    g_free(self->pwd);
    g_free(self->fingerprint);
    g_free(self->setup);
    g_clear_pointer(&self->candidates, g_ptr_array_unref);
}

void
sl_sdp_offer_unref(SlSdpOffer *self)
{
    g_atomic_rc_box_release_full(self, clear);
}

const char *
sl_sdp_offer_get_text(SlSdpOffer *self)
{
    return self->text;
}

GPtrArray *
sl_sdp_offer_get_medias(SlSdpOffer *self)
{
    return self->medias;
}

const char *
sl_sdp_offer_get_ufrag(SlSdpOffer *self)
{
    return self->ufrag;
}

const char *
sl_sdp_offer_get_pwd(SlSdpOffer *self)
{
    return self->pwd;
}

guint
sl_sdp_media_find_extension(const SlSdpMedia *self, const char *uri)
{
    for (guint i = 0; i < self->extensions->len; i++) {
        const SlSdpExtension *extension = self->extensions->pdata[i];

        if (g_str_equal(extension->uri, uri))
            return extension->id;
    }
    return 0;
}
