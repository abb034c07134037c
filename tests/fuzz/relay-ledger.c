#include "relay-ledger.h"
#include "fuzz.h"

static void
entry_free(gpointer data)
{
    RelayEntry *entry = data;

    g_free(entry->data);
    g_free(entry->from);
    g_free(entry->name);
    g_free(entry);
}

RelayLedger *
relay_ledger_new(const char *epoch)
{
    RelayLedger *self = g_new0(RelayLedger, 1);

    self->epoch = g_strdup(epoch);
    self->entries = g_ptr_array_new_with_free_func(entry_free);
    self->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void
relay_ledger_free(RelayLedger *self)
{
    g_hash_table_unref(self->by_key);
    g_ptr_array_unref(self->entries);
    g_free(self->epoch);
    g_free(self);
}

static guint
count(const RelayLedger *self, const char *data)
{
    guint n = 0;

    for (guint i = 0; i < self->entries->len; i++)
        n += g_str_equal(((RelayEntry *)self->entries->pdata[i])->data, data);
    return n;
}

void
relay_ledger_add(RelayLedger *self, const char *data, const char *from, const char *name,
                 const char *key)
{
    RelayEntry *entry = g_new0(RelayEntry, 1);

    entry->data = g_strdup(data);
    entry->from = g_strdup(from);
    entry->name = g_strdup(name);
    entry->count = count(self, data) + 1;
    g_ptr_array_add(self->entries, entry);
    if (key != NULL)
        g_hash_table_insert(self->by_key, g_strdup(key), GUINT_TO_POINTER(self->entries->len));
}

guint64
relay_ledger_get_last(const RelayLedger *self)
{
    return self->entries->len;
}

guint64
relay_ledger_find_key(const RelayLedger *self, const char *key)
{
    return key != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(self->by_key, key)) : 0;
}

void
relay_ledger_check(const RelayLedger *self, guint64 offset, const char *data, const char *from,
                   const char *name, guint64 times)
{
    const RelayEntry *entry;

    fuzz_check(offset >= 1 && offset <= self->entries->len,
               "offset %" G_GUINT64_FORMAT " was never published", offset);
    if (self->vague)
        return;
    entry = self->entries->pdata[offset - 1];
    fuzz_check(g_str_equal(entry->data, data), "message %" G_GUINT64_FORMAT " is %s, was %s",
               offset, data, entry->data);
    fuzz_check(g_str_equal(entry->from, from), "message %" G_GUINT64_FORMAT " is of %s, was of %s",
               offset, from, entry->from);
    fuzz_check(g_strcmp0(entry->name, name) == 0,
               "message %" G_GUINT64_FORMAT " is called “%s”, was “%s”", offset, name, entry->name);
    fuzz_check(times == 0 || times == entry->count,
               "message %" G_GUINT64_FORMAT " was said %" G_GUINT64_FORMAT " times, really %u",
               offset, times, entry->count);
}
