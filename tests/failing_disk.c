/* A disk that fails: loaded before the C library, makes the n-th write or sync of files below a folder fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static size_t length; /* 0: nothing is counted, and nothing fails */
static long at;       /* 0: nothing fails */
static int error, lasting;
static atomic_long made, failed;

/* From now on count the calls of all threads, and let the n-th fail: that one alone, or all from there on. */
void fail_at(const char *below, long n, int with, int from_there_on)
{
    snprintf(folder, sizeof folder, "%s", below);
    at = n, error = with, lasting = from_there_on, made = 0, failed = 0;
    length = strlen(folder);
}

long calls_made(void) { return made; }
long calls_failed(void) { return failed; }

static int fails(int descriptor)
{
    char link[64], path[PATH_MAX];
    if (!length)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t got = readlink(link, path, sizeof path);
    if (got <= (ssize_t)length || path[length] != '/' || memcmp(path, folder, length))
        return 0;
    long number = ++made;
    if (!at || number < at || (number > at && !lasting))
        return 0;
    failed++;
    errno = error;
    return 1;
}

#define INSTEAD_OF(type, name, parameters, arguments)                          \
    type name parameters                                                       \
    {                                                                          \
        static type(*real) parameters;                                         \
        if (!real)                                                             \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                \
        return fails(descriptor) ? -1 : real arguments;                        \
    }

INSTEAD_OF(ssize_t, write, (int descriptor, const void *from, size_t bytes), (descriptor, from, bytes))
INSTEAD_OF(ssize_t, writev, (int descriptor, const struct iovec *from, int count), (descriptor, from, count))
INSTEAD_OF(ssize_t, pwrite, (int descriptor, const void *from, size_t bytes, off_t to), (descriptor, from, bytes, to))
INSTEAD_OF(ssize_t, pwrite64, (int descriptor, const void *from, size_t bytes, off64_t to),
           (descriptor, from, bytes, to))
INSTEAD_OF(int, fsync, (int descriptor), (descriptor))
INSTEAD_OF(int, fdatasync, (int descriptor), (descriptor))
