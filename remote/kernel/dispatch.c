#include "dispatch.h"

#include <stdlib.h>
#include <time.h>

#include "search.h"

extern const struct isa isa_portable, isa_sse2, isa_avx2, isa_sha_ni, isa_avx512, isa_neon, isa_armv8_sha2;

static const struct isa *const known[] = {
    &isa_portable,
#if defined(__x86_64__)
    &isa_sse2, &isa_avx2, &isa_sha_ni, &isa_avx512,
#elif defined(__aarch64__)
    &isa_neon, &isa_armv8_sha2,
#endif
};

enum { KNOWN = sizeof known / sizeof *known };

size_t dispatch_usable(const struct isa *usable[MAX_ISAS]) {
  size_t n = 0;
  for (size_t i = 0; i < KNOWN; i++)
    if (known[i]->usable()) usable[n++] = known[i];
  return n;
}

/* Of this thread, so that others on a busy core do not count; wall-clock time would choose at random there. */
static double processor_time(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void ignore(uint64_t nonce, const uint8_t digest[32]) {
  (void)nonce;
  (void)digest;
}

static void ignore_near(uint64_t nonce) { (void)nonce; }

static void carry_on(void) {}

/* The best of several samples: what disturbs a measurement only ever slows it. */
static double rate(const struct puzzle *puzzle, const struct isa *isa, double seconds) {
  /* Ten digits, as most nonces of the default space, and a stretch any scheme's nonces have. */
  const uint64_t from = 2000000000;
  struct puzzle hopeless = *puzzle;
  hopeless.test_mask = 0xffffffff;
  struct search search = {&hopeless, isa, ignore, ignore_near, carry_on};
  double started = processor_time(), best = 0;
  for (uint64_t count = isa->lanes;;) {
    double before = processor_time();
    search_range(&search, from, from + count);
    double after = processor_time();
    if ((double)count > best * (after - before)) best = (double)count / (after - before);
    if (after - started >= seconds) return best;
    if (after - before < seconds / 16) count *= 2;
  }
}

static int faster(const void *a, const void *b) {
  const struct timed *x = a, *y = b;
  return (x->rate < y->rate) - (x->rate > y->rate);
}

size_t dispatch_time(const struct puzzle *puzzle, double seconds, struct timed timed[MAX_ISAS]) {
  const struct isa *usable[MAX_ISAS];
  size_t n = dispatch_usable(usable);
  for (size_t i = 0; i < n; i++) timed[i] = (struct timed){usable[i], rate(puzzle, usable[i], seconds / (double)n)};
  qsort(timed, n, sizeof *timed, faster);
  return n;
}
