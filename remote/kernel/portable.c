/* Plain C, one nonce at a time: runs everywhere. */
#include <stdint.h>

#define LANES 1
#define STREAMS 1
#define TAIL_STREAMS 1
#define FAST_DIGEST 1
#define FAST_WORDS 0x2c
#define V uint32_t

#define set1(x) ((uint32_t)(x))
#define load(p) (*(p))
#define add(x, y) ((x) + (y))
#define shr(x, n) ((x) >> (n))
#define ror(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define xor3(x, y, z) ((x) ^ (y) ^ (z))
#define choose(e, f, g) (((e) & ((f) ^ (g))) ^ (g))
#define majority(a, b, c, bc) ((void)(bc), ((a) & (b)) | ((c) & ((a) | (b))))
#define pin(x) (x)
#define zero_lanes(x, mask) (((x) & (mask)) == 0)

#include "swar.h"
#include "lanes.h"

static int always(void) { return 1; }

const struct isa isa_portable = {"portable", LANES, always, scan};
