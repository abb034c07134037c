/* For LD_PRELOAD: /dev/video77 is a camera whose driver never answers an open(), once the file that
 * HANGING_DEVICE names is there; before, there is no such camera. */

#undef _FILE_OFFSET_BITS /* with it, the one is the other */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NODE "/dev/video77"

typedef int (*Open)(const char *path, int flags, ...);

static int
open_or_hang(const char *name, const char *path, int flags, mode_t mode)
{
    static const char words[] = "an open() hangs\n";
    const char *file = getenv("HANGING_DEVICE");
    Open real = (Open)dlsym(RTLD_NEXT, name);

    if (strcmp(path, NODE) != 0)
        return real(path, flags, mode);
    if (file == NULL || access(file, F_OK) != 0) {
        errno = ENOENT;
        return -1;
    }
    if (write(STDERR_FILENO, words, strlen(words)) < 0)
        abort();
    for (;;)
        pause();
}

#define OPEN(name)                                     \
    int name(const char *path, int flags, ...)         \
    {                                                  \
        va_list arguments;                             \
        va_start(arguments, flags);                    \
        mode_t mode = va_arg(arguments, mode_t);       \
        va_end(arguments);                             \
        return open_or_hang(#name, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
