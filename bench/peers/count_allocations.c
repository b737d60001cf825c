// Loaded into a program by LD_PRELOAD: counts what it allocates, in the first eight bytes of the file that
// COUNT_ALLOCATIONS names, where others can read it meanwhile. bench/allocations_bench.py.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own names for what is replaced here.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

static atomic_ulong before_main;
static atomic_ulong* count = &before_main;

static void one_more(void) { atomic_fetch_add_explicit(count, 1, memory_order_relaxed); }

__attribute__((constructor)) static void open_count(void) {
  const char* path = getenv("COUNT_ALLOCATIONS");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* place = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (place != MAP_FAILED) count = place;
}

void* malloc(size_t size) {
  one_more();
  return __libc_malloc(size);
}

void* calloc(size_t n, size_t size) {
  one_more();
  return __libc_calloc(n, size);
}

void* realloc(void* old, size_t size) {
  one_more();
  return __libc_realloc(old, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  one_more();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** result, size_t alignment, size_t size) {
  one_more();
  *result = __libc_memalign(alignment, size);
  return *result == NULL ? ENOMEM : 0;
}
