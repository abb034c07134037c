#pragma once

#include "sl-limits.h"

G_BEGIN_DECLS

typedef struct _SlAdmissionAddress SlAdmissionAddress;

/**
 * SlPlace: a connection's place among the others, part of whatever stands for that connection.
 * Zeroed: it has none.
 */
typedef struct {
    SlAdmissionAddress *address; /* nullable */
    GList waiting;               /* links; their data is the place */
    GList waiting_of_address;
    enum { SL_PLACE_NONE, SL_PLACE_WAITING, SL_PLACE_ADMITTED } state;
} SlPlace;

/**
 * SlAdmission: who has a connection, in order of arrival. Those who wait have not yet shown that
 * they may be here; there is always room for one more of them, which the oldest makes, of the same
 * address where that one has its share. Nothing here takes longer with more connections. Main
 * thread only.
 */
typedef struct _SlAdmission SlAdmission;

SlAdmission *sl_admission_new(const SlLimits *limits);
/** sl_admission_free: every place has been left. */
void sl_admission_free(SlAdmission *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAdmission, sl_admission_free)

/**
 * sl_admission_make_room:
 * @address: (nullable): of the newcomer, see sl_address_to_key()
 *
 * Returns: (nullable): who has to go first, and no longer has a place
 */
SlPlace *sl_admission_make_room(SlAdmission *self, const char *address);

/** sl_admission_wait: gives a newcomer a place. */
void sl_admission_wait(SlAdmission *self, SlPlace *place, const char *address);

/**
 * sl_admission_admit: @place, which has waited, need not fear newcomers any more.
 * @ret_limit: the SL_LIMIT() that keeps it from that
 */
gboolean sl_admission_admit(SlAdmission *self, SlPlace *place, guint *ret_limit);

/** sl_admission_leave: does nothing to one that has no place. */
void sl_admission_leave(SlAdmission *self, SlPlace *place);

/** sl_admission_get_address: Returns: (transfer none) (nullable) */
const char *sl_admission_get_address(const SlPlace *place);

guint sl_admission_get_n_waiting(SlAdmission *self);
guint sl_admission_get_n_admitted(SlAdmission *self);

G_END_DECLS
