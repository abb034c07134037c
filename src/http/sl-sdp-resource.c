#include "sl-sdp-resource.h"

#include <string.h>

#include "sl-answer.h"

#define ETAG_CHARS 16

static void
on_session_ended(GObject *session, GError *reason, SlSdpResource *self)
{
    self->has_ended = TRUE;
    if (self->table != NULL)
        g_hash_table_remove(self->table, self->kind->get_id(session));
}

SlSdpResource *
sl_sdp_resource_new(const SlSdpKind *kind, GObject *session, SlStream *stream, SlGrant *grant,
                    SlSdpOffer *offer, const SlLimits *limits)
{
    SlSdpResource *self = g_new0(SlSdpResource, 1);

    self->kind = kind;
    self->session = g_object_ref(session);
    g_signal_connect(session, "ended", G_CALLBACK(on_session_ended), self);
    self->stream = g_object_ref(stream);
    self->grant = sl_grant_ref(grant);
    self->ufrag = g_strdup(sl_sdp_offer_get_ufrag(offer));
    /* Names the ICE session, of which there is one in a resource's life (section 4.3.1). */
    self->etag = g_strdup_printf("\"%.*s\"", ETAG_CHARS, kind->get_id(session));
    self->max_sdp_bytes = limits->max_sdp_bytes;
    self->max_candidates = limits->max_candidates;
    return self;
}

void
sl_sdp_resource_free(SlSdpResource *self)
{
    if (self == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->session, self);
    g_object_unref(self->session);
    g_object_unref(self->stream);
    sl_grant_unref(self->grant);
    g_free(self->ufrag);
    g_free(self->etag);
    g_free(self);
}

char *
sl_sdp_read_body(SoupServerMessage *msg, const char *expected)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);
    g_autoptr(GBytes) body = soup_message_body_flatten(soup_server_message_get_request_body(msg));
    gsize len;
    const char *data = g_bytes_get_data(body, &len);
    const char *type = soup_message_headers_get_content_type(headers, NULL);

    if (type == NULL || g_ascii_strcasecmp(type, expected) != 0) {
        g_autofree char *words = g_strdup_printf("The body is to be %s.", expected);

        soup_message_headers_replace(
            soup_server_message_get_response_headers(msg),
            strcmp(expected, SL_SDP_TYPE) == 0 ? "Accept-Post" : "Accept-Patch", expected);
        sl_answer_problem(msg, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, words);
        return NULL;
    }
    if (len == 0 || memchr(data, '\0', len) != NULL) {
        sl_answer_problem(msg, SOUP_STATUS_BAD_REQUEST,
                          len == 0 ? "The body is empty." : "The body has a NUL in it.");
        return NULL;
    }
    return g_strndup(data, len);
}

/* RFC 9110, section 13.1.1: compared strongly. The examples of RFC 9725 have the star in quotes. */
static gboolean
tags_match(const char *tags, const char *etag)
{
    g_auto(GStrv) list = g_strsplit(tags, ",", 64);

    for (guint i = 0; list[i] != NULL; i++) {
        const char *tag = g_strstrip(list[i]);

        if (strcmp(tag, etag) == 0 || strcmp(tag, "*") == 0 || strcmp(tag, "\"*\"") == 0)
            return TRUE;
    }
    return FALSE;
}

/* Section 4.3.1: 428 without a tag, 412 with another one. */
static gboolean
check_precondition(SlSdpResource *self, SoupServerMessage *msg)
{
    const char *tags =
        soup_message_headers_get_list(soup_server_message_get_request_headers(msg), "If-Match");

    if (tags == NULL) {
        sl_answer_problem(msg, SL_STATUS_PRECONDITION_REQUIRED,
                          "If-Match is missing: it says to which ICE session this belongs, by the "
                          "ETag that came with the answer.");
        return FALSE;
    }
    if (!tags_match(tags, self->etag)) {
        sl_answer_problem(msg, SOUP_STATUS_PRECONDITION_FAILED,
                          "If-Match names another ICE session.");
        return FALSE;
    }
    return TRUE;
}

static gboolean
add_candidates(SlSdpResource *self, SlSdpFragment *fragment, GError **error)
{
    for (guint i = 0; i < fragment->candidates->len; i++) {
        const SlSdpCandidate *candidate = g_ptr_array_index(fragment->candidates, i);

        if (!self->kind->add_candidate(self->session, candidate->mid, MAX(candidate->mline, 0),
                                       candidate->candidate, error))
            return FALSE;
    }
    return !fragment->is_end || self->kind->add_candidate(self->session, NULL, 0, "", error);
}

void
sl_sdp_resource_patch(SlSdpResource *self, SoupServerMessage *msg)
{
    g_autofree char *body = sl_sdp_read_body(msg, SL_SDP_FRAGMENT_TYPE);
    g_autoptr(SlSdpFragment) fragment = NULL;
    g_autoptr(GError) error = NULL;

    if (body == NULL || !check_precondition(self, msg))
        return;
    fragment = sl_sdp_fragment_new(body, self->max_sdp_bytes, self->max_candidates, &error);
    if (fragment != NULL && fragment->ufrag != NULL && strcmp(fragment->ufrag, self->ufrag) != 0) {
        /* Section 4.3.3: other credentials ask for an ICE restart; the session goes on. */
        sl_answer_problem(msg, SOUP_STATUS_UNPROCESSABLE_ENTITY,
                          "ICE restarts are not known here: delete this session and post another "
                          "offer.");
    } else if (fragment != NULL && add_candidates(self, fragment, &error)) {
        soup_server_message_set_status(msg, SOUP_STATUS_NO_CONTENT, NULL);
    } else {
        sl_sdp_kind_answer_error(self->kind, msg, self->stream, error);
    }
}
