/* Four lanes by the compiler's own vectors: SSE2 on x86-64, NEON on arm64, both part of every such processor. */
#include <stdint.h>

#define LANES 4
#define STREAMS 1
#define TAIL_STREAMS 2
#define FAST_DIGEST 0
#define FAST_WORDS 0x2c
#define V vector

typedef uint32_t vector __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) vector load(const uint32_t *p) {
  vector x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

#define set1(x) ((vector){(x), (x), (x), (x)})
#define add(x, y) ((x) + (y))
#define shr(x, n) ((x) >> (n))
#if defined(__aarch64__)
#include <arm_neon.h>
#define ror(x, n) vsriq_n_u32(vshlq_n_u32(x, 32 - (n)), x, n) /* a compiler makes three instructions of it */
#else
#define ror(x, n) ((x) >> (n) | (x) << (32 - (n)))
#endif
#define xor3(x, y, z) ((x) ^ (y) ^ (z))
#define choose(e, f, g) (((e) & ((f) ^ (g))) ^ (g))
#define pin(x) (x)

static inline __attribute__((always_inline)) vector majority(vector a, vector b, vector c, vector *bc) {
#if defined(__aarch64__)
  (void)bc;
  return vbslq_u32(a ^ b, c, b); /* where a and b differ c decides */
#else
  (void)c;
  vector ab = a ^ b, m = b ^ (ab & *bc);
  *bc = ab;
  return m;
#endif
}

static inline __attribute__((always_inline)) unsigned zero_lanes(vector x, vector mask) {
  unsigned lanes = 0;
  x &= mask;
  for (unsigned i = 0; i < LANES; i++) lanes |= (unsigned)(x[i] == 0) << i;
  return lanes;
}

#include "swar.h"
#include "lanes.h"

static int always(void) { return 1; }

#if defined(__x86_64__)
const struct isa isa_sse2 = {"sse2", LANES, always, scan};
#else
const struct isa isa_neon = {"neon", LANES, always, scan};
#endif
