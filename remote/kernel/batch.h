/* The work one instruction set does in one go, and the interface all of them implement.
 *
 * A batch is `lanes` runs of nonces that differ only in their low digits. All low digits that are walked lie in one
 * word of the message, `walked`, so everything before that word (rounds, schedule) is computed once per batch, and
 * making the next message is one addition: lane i's message is word[..][i] with walk[j] added to word[walked][i]. */
#ifndef CND_BATCH_H
#define CND_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "puzzle.h"

enum {
  MAX_LANES = 16,
  MAX_WALK = 4096,                          /* bitcoin walks three hex digits of the nonce, text three of its own */
  MAX_TAIL = (MAX_BLOCK + MAX_DIGITS) / 64 + 2
};

/* Constant blocks, as K[t] + W[t]. */
struct tail {
  unsigned count;
  uint32_t kw[MAX_TAIL][64];
};

struct batch {
  enum scheme scheme;
  unsigned test_word;
  uint32_t test_mask;
  uint32_t test_value;
  const struct tail *tail; /* the message's blocks after the one with the last digits */
  const uint32_t *walk;
  unsigned count;          /* how much of walk is used */
  unsigned walked;
  uint32_t chain[8][MAX_LANES]; /* the chaining value before the block, and the block, one column a lane */
  uint32_t word[16][MAX_LANES];
};

/* Nonces whose digest passes, with the bits of test_mask in its word test_word as in test_value: bit i of lanes stands for walk[index] in lane i. */
struct found {
  uint32_t index;
  uint32_t lanes;
};

struct isa {
  const char *name;
  unsigned lanes;
  int (*usable)(void); /* by this processor and this operating system */
  /* Writes what it finds, index ascending, and returns how many: at most count. */
  size_t (*scan)(const struct batch *batch, struct found *found);
};

extern const struct isa isa_portable, isa_sse2, isa_avx2, isa_avx2_1, isa_sha_ni, isa_sha_ni_2, isa_avx512, isa_avx512_1, isa_avx512_sha,
    isa_neon, isa_armv8_sha2;

#endif
