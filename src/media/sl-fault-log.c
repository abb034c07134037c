#include "sl-fault-log.h"

#include "sl-log.h"

/* Different faults in the log without a picture between them. */
#define MAX_SAID 16

struct _SlFaultLog {
    char *name;
    GError *fault;
    GPtrArray *said; /* of char */
};

SlFaultLog *
sl_fault_log_new(const char *name)
{
    SlFaultLog *self = g_new0(SlFaultLog, 1);

    self->name = g_strdup(name);
    self->said = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void
sl_fault_log_free(SlFaultLog *self)
{
    if (self == NULL)
        return;
    g_clear_error(&self->fault);
    g_ptr_array_unref(self->said);
    g_free(self->name);
    g_free(self);
}

void
sl_fault_log_say(SlFaultLog *self, const char *message, const char *ending)
{
    if (self->said->len >= MAX_SAID ||
        g_ptr_array_find_with_equal_func(self->said, message, g_str_equal, NULL))
        return;
    sl_log_warning("%s: %s%s", self->name, message, ending);
    g_ptr_array_add(self->said, g_strdup(message));
}

void
sl_fault_log_set(SlFaultLog *self, const GError *fault)
{
    g_autofree char *text = g_utf8_make_valid(fault->message, -1); /* it may hold a file name */
    GError *copy = g_error_new_literal(fault->domain, fault->code, text);

    sl_fault_log_say(self, fault->message, "");
    g_clear_error(&self->fault);
    self->fault = copy;
}

void
sl_fault_log_clear(SlFaultLog *self)
{
    g_clear_error(&self->fault);
    g_ptr_array_set_size(self->said, 0);
}

const GError *
sl_fault_log_get(SlFaultLog *self)
{
    return self->fault;
}
