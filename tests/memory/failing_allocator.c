/* Preloaded into a program: one allocation of it fails, or all from one on.
 *
 *   AG_FAIL_AT=N      the N-th, counted from 1, of all its threads together; 0 or not set: none
 *   AG_FAIL_FROM=N    every one from the N-th on
 *   AG_COUNT_TO=FILE  at the end, their number is written there
 *
 * For the GNU C library: its own allocator stays behind these names. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long allocations;
static atomic_int prepared;
static long fail_first = LONG_MAX, fail_last = LONG_MAX;

static long number_in(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : strtol(text, NULL, 10);
}

/* getenv and strtol allocate nothing. Two threads that come here at once find the same. */
static void prepare(void) {
  if (atomic_load(&prepared)) return;
  const long at = number_in("AG_FAIL_AT"), from = number_in("AG_FAIL_FROM");
  if (at > 0) fail_first = fail_last = at;
  if (from > 0) fail_first = from;
  atomic_store(&prepared, 1);
}

static int refuses(void) {
  prepare();
  const long number = atomic_fetch_add(&allocations, 1) + 1;
  if (number < fail_first || number > fail_last) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return refuses() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refuses() ? NULL : __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) {
  return refuses() ? NULL : __libc_realloc(memory, size);
}
void *memalign(size_t alignment, size_t size) {
  return refuses() ? NULL : __libc_memalign(alignment, size);
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *got = memalign(alignment, size);
  if (got == NULL) return ENOMEM;
  *memory = got;
  return 0;
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("AG_COUNT_TO");
  if (path == NULL) return;
  char text[24];
  size_t begin = sizeof(text);
  long number = atomic_load(&allocations);
  do {
    text[--begin] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return;
  const ssize_t written = write(fd, text + begin, sizeof(text) - begin);
  (void)written;
  close(fd);
}
