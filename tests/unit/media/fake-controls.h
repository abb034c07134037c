#pragma once

#include "sl-control-keeper.h"

/* A camera whose controls are a table, as V4L2 would show them. Any thread. */

typedef struct {
    guint32 id, type;
    const char *name;
    gint64 min, max;
    guint64 step;
    gint64 initial, value;
    guint32 flags;
    const char *items[8]; /* from min; NULL: a gap */
    guint32 ruled_by;     /* inactive, and refused, while that one is not 0; 0: never */
    int get_errno, set_errno;
} FakeControl;

/** The camera of most tests: brightness, an automatic with an exposure that it rules, a menu with a
 * gap, a button, something to read, something for 64 bits. */
#define FAKE_N_CONTROLS 8
extern const FakeControl FAKE_CONTROLS[FAKE_N_CONTROLS];

/** fake_controls_reset: a camera that was plugged in just now; @n: 0: it is not there */
void fake_controls_reset(const FakeControl *controls, guint n);
/** fake_controls_make_old: it knows the calls of Linux 2.6 only */
void fake_controls_make_old(void);
/** fake_controls_make_endless: NEXT_CTRL never ends; @is_rising: with ever larger IDs */
void fake_controls_make_endless(gboolean is_rising);
/** fake_controls_unplug: every call fails from now on */
void fake_controls_unplug(void);
/** fake_controls_refuse: setting @name fails from now on; 0: no longer */
void fake_controls_refuse(const char *name, int code);

/** fake_controls_block: calls wait, as those of a camera that hangs, until it is unblocked */
void fake_controls_block(gboolean is_blocked);

gint64 fake_controls_get(const char *name);
/** fake_controls_get_log: (transfer full): what was set since the reset: `NAME=VALUE ` each */
char *fake_controls_get_log(void);
guint fake_controls_get_n_calls(void);
/** fake_controls_get_most_open: how many had it open at the same time */
guint fake_controls_get_most_open(void);

int fake_controls_ioctl(gpointer device, gulong request, gpointer arg);
extern const SlControlDevice FAKE_CONTROL_DEVICE;
