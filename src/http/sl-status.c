#include "sl-status.h"

#include "sl-codec-probe.h"
#include "sl-json.h"
#include "sl-meters.h"
#include "sl-objects-api.h"
#include "sl-pipeline-api.h"
#include "sl-relay-api.h"

static void
add_codecs(JsonObject *object, SlStream *stream)
{
    GPtrArray *codecs = sl_stream_get_codecs(stream);
    JsonArray *tracks = json_array_new();

    for (guint i = 0; codecs != NULL && i < codecs->len; i++) {
        const SlTrackCodec *codec = g_ptr_array_index(codecs, i);
        const char *encoding = sl_codec_get_name(codec->rtp_caps);
        JsonObject *track = json_object_new();

        json_object_set_string_member(track, "name", sl_track_get_name(codec->track));
        json_object_set_string_member(track, "codec", encoding != NULL ? encoding : "");
        json_object_set_int_member(track, "frames", (gint64)sl_track_get_n_frames(codec->track));
        json_array_add_object_element(tracks, track);
    }
    json_object_set_array_member(object, "tracks", tracks);
}

static double
to_tenths(double rate)
{
    return (gint64)(rate * 10 + 0.5) / 10.0;
}

static JsonObject *
stream_to_json(const SlStatus *status, SlPipelineSwitch *pipeline, gboolean for_operator)
{
    SlStream *stream = sl_pipeline_switch_get_stream(pipeline);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", sl_stream_get_name(stream));
    json_object_set_string_member(object, "title", sl_stream_get_title(stream));
    if (for_operator) {
        const GError *fault = sl_stream_get_fault(stream);
        const SlFrameRate *rate = sl_stream_get_rate(stream);
        const char *mode = sl_stream_get_mode(stream);
        json_object_set_string_member(object, "input", sl_stream_get_input_label(stream));
        JsonObject *description = json_object_new();

        sl_pipeline_add_to_json(pipeline, description);
        json_object_set_object_member(object, "pipeline", description);
        if (mode != NULL)
            json_object_set_string_member(object, "mode", mode);
        if (fault != NULL)
            json_object_set_string_member(object, "fault", fault->message);
        if (rate != NULL)
            json_object_set_double_member(object, "frame_rate", to_tenths(rate->measured));
        if (rate != NULL && rate->expected > 0)
            json_object_set_double_member(object, "expected_rate", to_tenths(rate->expected));
    }
    json_object_set_string_member(object, "state",
                                  sl_stream_state_to_string(sl_stream_get_state(stream)));
    json_object_set_string_member(object, "detail", sl_stream_get_detail(stream));
    json_object_set_string_member(object, "source", sl_stream_get_source_word(stream));
    json_object_set_int_member(object, "viewers",
                               sl_session_pool_get_n_viewers(status->pool, stream));
    add_codecs(object, stream);
    return object;
}

/* By the names of `[limits]`, less "max-". */
static JsonObject *
limits_to_json(const SlLimits *limits)
{
    JsonObject *object = json_object_new();
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);

    for (guint i = 0; i < n; i++) {
        const char *name = infos[i].name;
        JsonObject *limit;
        gint64 now;

        if (infos[i].kind == SL_LIMIT_SETTING)
            continue;
        limit = json_object_new();
        now = sl_meters_get_now(limits->meters, infos[i].limit);
        json_object_set_int_member(limit, "limit", sl_limits_get(limits, infos[i].limit));
        if (now >= 0)
            json_object_set_int_member(limit, "now", now);
        json_object_set_int_member(limit, "refused",
                                   (gint64)sl_meters_get_refused(limits->meters, infos[i].limit));
        json_object_set_object_member(object, name + (g_str_has_prefix(name, "max-") ? 4 : 0),
                                      limit);
    }
    return object;
}

char *
sl_status_to_text(const SlStatus *status, gboolean for_operator)
{
    g_autoptr(JsonObject) object = json_object_new();
    JsonArray *streams = json_array_new();

    for (guint i = 0; i < status->pipelines->len; i++)
        json_array_add_object_element(
            streams, stream_to_json(status, g_ptr_array_index(status->pipelines, i), for_operator));
    json_object_set_string_member(object, "version", SL_VERSION);
    json_object_set_int_member(object, "uptime_s",
                               (g_get_monotonic_time() - status->started_us) / G_USEC_PER_SEC);
    json_object_set_array_member(object, "streams", streams);
    json_object_set_int_member(object, "sessions", sl_session_pool_get_n_sessions(status->pool));
    json_object_set_int_member(object, "relay_clients", sl_relay_get_n_clients(status->relay));
    json_object_set_object_member(object, "relay", sl_relay_api_totals(status->relay));
    if (for_operator)
        json_object_set_object_member(object, "objects", sl_objects_api_totals(status->store));
    if (for_operator && status->limits->meters != NULL)
        json_object_set_object_member(object, "limits", limits_to_json(status->limits));
    return sl_json_to_text(object);
}
