#include "fuzz-clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define START_US (1000 * (gint64)G_USEC_PER_SEC)
#define REAL_US (1700000000 * (gint64)G_USEC_PER_SEC)

static gint64 now_us = START_US;

void
fuzz_clock_reset(void)
{
    now_us = START_US;
}

void
fuzz_clock_advance(gint64 us)
{
    now_us += us;
}

/* What libraries call is looked up in the program first. GLib asks for monotonic time, libFuzzer
 * for the other. */
int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    if (clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, ret_time);
    ret_time->tv_sec = now_us / G_USEC_PER_SEC;
    ret_time->tv_nsec = now_us % G_USEC_PER_SEC * 1000;
    return 0;
}

gint64
g_get_monotonic_time(void)
{
    return now_us;
}

gint64
g_get_real_time(void)
{
    return now_us - START_US + REAL_US;
}
