#include "dispatch.h"

/* The order is the choice where nothing can be timed: README.md, "Speed". */
static const struct isa *const known[] = {
#if defined(__x86_64__)
    &isa_avx512, &isa_avx512_1, &isa_avx512_sha, &isa_sha_ni, &isa_sha_ni_2, &isa_avx2, &isa_avx2_1, &isa_sse2,
#elif defined(__aarch64__)
    &isa_armv8_sha2, &isa_neon,
#endif
    &isa_portable,
};

enum { KNOWN = sizeof known / sizeof *known };

_Static_assert(sizeof known / sizeof *known <= MAX_ISAS, "MAX_ISAS is too small");

size_t dispatch_usable(const struct isa *usable[MAX_ISAS]) {
  size_t n = 0;
  for (size_t i = 0; i < KNOWN; i++)
    if (known[i]->usable()) usable[n++] = known[i];
  return n;
}
