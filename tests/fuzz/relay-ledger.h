#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RelayLedger: what was published on one channel in one epoch, kept beside the relay: everybody
 * must be told exactly this.
 */
typedef struct {
    char *epoch;
    GPtrArray *entries; /* RelayEntry; offset 1 is the first */
    GHashTable *by_key; /* key → offset */
    gboolean vague;     /* not everything that got there could be followed */
} RelayLedger;

typedef struct {
    char *data; /* JSON */
    char *from;
    char *name; /* nullable */
    guint count;
} RelayEntry;

RelayLedger *relay_ledger_new(const char *epoch);
void relay_ledger_free(RelayLedger *self);

/** relay_ledger_add: the next message; @key: (nullable) */
void relay_ledger_add(RelayLedger *self, const char *data, const char *from, const char *name,
                      const char *key);
guint64 relay_ledger_get_last(const RelayLedger *self);
/** relay_ledger_find_key: Returns: its offset; 0 if it is not known */
guint64 relay_ledger_find_key(const RelayLedger *self, const char *key);

/** relay_ledger_check: fails unless this is what was published there; @count: 0 if it was not told
 */
void relay_ledger_check(const RelayLedger *self, guint64 offset, const char *data, const char *from,
                        const char *name, guint64 count);

G_END_DECLS
