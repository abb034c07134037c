#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * What libFuzzer calls, and replay.c where there is none. Both may return anything but 0 only
 * where docs of libFuzzer say so: here it is always 0, and what is wrong ends the process.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize len);

/** fuzz_fail: says what is wrong and aborts: libFuzzer keeps the input */
void fuzz_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/** fuzz_show: on standard error, where FUZZ_SHOW is set: what went on before something failed */
void fuzz_show(const char *format, ...) G_GNUC_PRINTF(1, 2);

#define fuzz_check(condition, ...)  \
    G_STMT_START                    \
    {                               \
        if (!(condition))           \
            fuzz_fail(__VA_ARGS__); \
    }                               \
    G_STMT_END

/** fuzz_check_census: fails if an object of ours is left */
void fuzz_check_census(void);

/**
 * FuzzInput: bytes that are read as decisions. At its end all of them are 0.
 */
typedef struct {
    const guint8 *data;
    gsize len, at;
} FuzzInput;

gboolean fuzz_input_is_over(const FuzzInput *self);
guint8 fuzz_input_byte(FuzzInput *self);
/** fuzz_input_text: @len: at most so many bytes; Returns: (transfer full): not always UTF-8 */
GBytes *fuzz_input_bytes(FuzzInput *self, gsize len);

G_END_DECLS
