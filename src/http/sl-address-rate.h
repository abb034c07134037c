#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlAddressRate: bounds how often each address does something that costs. It knows the last
 * SL_ADDRESS_RATE_MAX addresses: somebody with more of them is bounded by what else there is. Main
 * thread only.
 */
typedef struct _SlAddressRate SlAddressRate;

#define SL_ADDRESS_RATE_MAX 1024

/** sl_address_rate_new: @rate: a second; @burst: at once */
SlAddressRate *sl_address_rate_new(guint rate, guint burst);
void sl_address_rate_free(SlAddressRate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAddressRate, sl_address_rate_free)

/** sl_address_rate_take: @address: (nullable): see sl_address_to_key(); NULL: not counted.
 * Returns: FALSE: too often; what is refused is not counted. */
gboolean sl_address_rate_take(SlAddressRate *self, const char *address, gint64 now_us);

/** sl_address_rate_get_n: how many addresses it knows */
guint sl_address_rate_get_n(SlAddressRate *self);

G_END_DECLS
