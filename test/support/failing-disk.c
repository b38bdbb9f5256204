/*
 * A disk that fails, for real processes: loaded with LD_PRELOAD, it lets system calls on paths below a directory fail.
 *
 * What fails stands in the file that the variable FAILING_DISK names. It is read at each call, so that the disk may
 * break and recover while a process runs. One line:
 *
 *     ERRNO FIRST COUNT KINDS DIRECTORY
 *
 * FIRST   number of the call of a process, from 1, that is the first to fail
 * COUNT   how many calls fail from there; 0 for all of them
 * KINDS   w: what writes. u: what removes names, which a full disk still can and a read-only one cannot.
 *         r: what opens files and directories to read. t: nothing fails
 *
 * Without the file nothing fails. Calls of one process are counted together, whatever their kind. Those that failed,
 * and with t all that write, are noted in $FAILING_DISK.calls.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int calls;

static const struct { const char *name; int number; } errors[] = {
  {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EIO", EIO},
  {"ESTALE", ESTALE}, {"EACCES", EACCES}, {"ETIMEDOUT", ETIMEDOUT},
};

/* Not through libc's names, which are ours here. */
static int raw_open(const char *path, int flags) { return syscall(SYS_openat, AT_FDCWD, path, flags, 0600); }

struct fault { int number, first, count; char kinds[8], directory[PATH_MAX]; };

static int read_control(struct fault *fault) {
  char text[PATH_MAX + 64], name[16];
  const char *control = getenv("FAILING_DISK");
  int file = control ? raw_open(control, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return 0;
  ssize_t got = syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  if (got <= 0) return 0;
  text[got] = 0;
  if (sscanf(text, "%15s %d %d %7s %4095[^\n]", name, &fault->first, &fault->count, fault->kinds, fault->directory) != 5)
    return 0;
  fault->number = EIO;
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (strcmp(errors[i].name, name) == 0) fault->number = errors[i].number;
  return 1;
}

static void note(const char *what, const char *path) {
  char line[PATH_MAX + 64], calls_file[PATH_MAX];
  int length = snprintf(line, sizeof line, "%s %s\n", what, path);
  snprintf(calls_file, sizeof calls_file, "%s.calls", getenv("FAILING_DISK"));
  int file = raw_open(calls_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
  if (file < 0) return;
  syscall(SYS_write, file, line, length);
  syscall(SYS_close, file);
}

/* The absolute path that a call means; empty when it cannot be told. */
static void absolute(int directory, const char *path, char *out) {
  char base[PATH_MAX / 2] = "";
  if (path && path[0] == '/') { snprintf(out, PATH_MAX, "%s", path); return; }
  if (directory == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) base[0] = 0;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t length = readlink(link, base, sizeof base - 1);
    base[length < 0 ? 0 : length] = 0;
  }
  if (path && path[0]) snprintf(out, PATH_MAX, "%.2000s/%.2000s", base, path);
  else snprintf(out, PATH_MAX, "%s", base);
}

/* Whether this call is to fail; errno is set then. */
static int fails(char kind, const char *what, int directory, const char *path) {
  struct fault fault;
  char where[PATH_MAX];
  int before = errno;
  if (!read_control(&fault)) { errno = before; return 0; }
  int tracing = strchr(fault.kinds, 't') != NULL;
  absolute(directory, path, where);
  size_t length = strlen(fault.directory);
  int inside = strncmp(where, fault.directory, length) == 0 && (where[length] == 0 || where[length] == '/');
  errno = before;
  if (!inside || !(strchr(fault.kinds, kind) || (tracing && kind == 'w'))) return 0;
  int number = atomic_fetch_add(&calls, 1) + 1;
  if (tracing) { note(what, where); errno = before; return 0; }
  if (number < fault.first || (fault.count > 0 && number >= fault.first + fault.count)) return 0;
  note(what, where);
  errno = fault.number;
  return 1;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static char kind_of(int flags) { return flags & (O_CREAT | O_TRUNC) || (flags & O_ACCMODE) != O_RDONLY ? 'w' : 'r'; }

#define MODE_OF(flags, last) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); }

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    MODE_OF(flags, flags) REAL(name); \
    return fails(kind_of(flags), "open", AT_FDCWD, path) ? -1 : real(path, flags, mode); }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int directory, const char *path, int flags, ...) { \
    MODE_OF(flags, flags) REAL(name); \
    return fails(kind_of(flags), "open", directory, path) ? -1 : real(directory, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int file, const void *bytes, size_t size) {
  REAL(write);
  return fails('w', "write", file, NULL) ? -1 : real(file, bytes, size);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
  REAL(writev);
  return fails('w', "write", file, NULL) ? -1 : real(file, parts, count);
}
#define PWRITE(name, offset_type) \
  ssize_t name(int file, const void *bytes, size_t size, offset_type at) { \
    REAL(name); \
    return fails('w', "write", file, NULL) ? -1 : real(file, bytes, size, at); }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

int fsync(int file) { REAL(fsync); return fails('w', "fsync", file, NULL) ? -1 : real(file); }
int fdatasync(int file) { REAL(fdatasync); return fails('w', "fsync", file, NULL) ? -1 : real(file); }

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return fails('w', "mkdir", AT_FDCWD, path) ? -1 : real(path, mode);
}
int mkdirat(int directory, const char *path, mode_t mode) {
  REAL(mkdirat);
  return fails('w', "mkdir", directory, path) ? -1 : real(directory, path, mode);
}
int link(const char *from, const char *to) {
  REAL(link);
  return fails('w', "link", AT_FDCWD, to) ? -1 : real(from, to);
}
int linkat(int from_directory, const char *from, int directory, const char *to, int flags) {
  REAL(linkat);
  return fails('w', "link", directory, to) ? -1 : real(from_directory, from, directory, to, flags);
}
int rename(const char *from, const char *to) {
  REAL(rename);
  return fails('w', "rename", AT_FDCWD, to) ? -1 : real(from, to);
}
int renameat(int from_directory, const char *from, int directory, const char *to) {
  REAL(renameat);
  return fails('w', "rename", directory, to) ? -1 : real(from_directory, from, directory, to);
}
int renameat2(int from_directory, const char *from, int directory, const char *to, unsigned flags) {
  REAL(renameat2);
  return fails('w', "rename", directory, to) ? -1 : real(from_directory, from, directory, to, flags);
}
int unlink(const char *path) { REAL(unlink); return fails('u', "unlink", AT_FDCWD, path) ? -1 : real(path); }
int unlinkat(int directory, const char *path, int flags) {
  REAL(unlinkat);
  return fails('u', "unlink", directory, path) ? -1 : real(directory, path, flags);
}
int rmdir(const char *path) { REAL(rmdir); return fails('u', "rmdir", AT_FDCWD, path) ? -1 : real(path); }

DIR *opendir(const char *path) { REAL(opendir); return fails('r', "opendir", AT_FDCWD, path) ? NULL : real(path); }
#define SCANDIR(name, entry) \
  int name(const char *path, struct entry ***names, int (*filter)(const struct entry *), \
           int (*compare)(const struct entry **, const struct entry **)) { \
    REAL(name); \
    return fails('r', "opendir", AT_FDCWD, path) ? -1 : real(path, names, filter, compare); }
SCANDIR(scandir, dirent)
SCANDIR(scandir64, dirent64)
