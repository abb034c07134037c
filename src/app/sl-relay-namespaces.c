#include "sl-relay-namespaces.h"

static SlRelayNamespace *
make_chat(void)
{
    SlRelayNamespace *chat = sl_relay_namespace_new(SL_NAMESPACE_CHAT);

    chat->presence = TRUE;
    chat->max_channels = 0;
    return chat;
}

static SlRelayNamespace *
make_telemetry(void)
{
    SlRelayNamespace *telemetry = sl_relay_namespace_new(SL_NAMESPACE_TELEMETRY);

    telemetry->history = SL_HISTORY_LAST;
    telemetry->publish = SL_ROLE_OPERATE;
    telemetry->slow = SL_SLOW_LATEST_ONLY;
    telemetry->max_channels = 256;
    return telemetry;
}

static SlRelayNamespace *
make_control(void)
{
    SlRelayNamespace *control = sl_relay_namespace_new(SL_NAMESPACE_CONTROL);

    control->history = SL_HISTORY_NONE;
    control->publish = SL_ROLE_OPERATE;
    control->max_message_bytes = 1024;
    control->message_burst = 50;
    control->slow = SL_SLOW_LATEST_ONLY;
    control->holder = TRUE;
    control->max_age_ms = 300;
    control->unreliable = TRUE;
    control->max_channels = 16;
    return control;
}

GPtrArray *
sl_relay_namespaces_new(void)
{
    GPtrArray *namespaces =
        g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_namespace_unref);

    g_ptr_array_add(namespaces, make_chat());
    g_ptr_array_add(namespaces, make_telemetry());
    g_ptr_array_add(namespaces, make_control());
    return namespaces;
}

SlRelayNamespace *
sl_relay_namespaces_find(GPtrArray *namespaces, const char *name)
{
    for (guint i = 0; i < namespaces->len; i++) {
        SlRelayNamespace *namespace_ = g_ptr_array_index(namespaces, i);

        if (g_str_equal(namespace_->name, name))
            return namespace_;
    }
    return NULL;
}
