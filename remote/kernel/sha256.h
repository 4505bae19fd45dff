/* SHA-256 (FIPS 180-4) in plain C: the reference every instruction set is checked against, and the tool that prepares
 * midstates, constant tails and the recheck of a candidate. */
#ifndef CND_SHA256_H
#define CND_SHA256_H

#include <stddef.h>
#include <stdint.h>

extern const uint32_t sha256_k[64];
extern const uint32_t sha256_iv[8];

/* Big-endian word at p, whatever the machine's own order. */
static inline uint32_t load_be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void store_be32(uint8_t *p, uint32_t x) {
  p[0] = (uint8_t)(x >> 24);
  p[1] = (uint8_t)(x >> 16);
  p[2] = (uint8_t)(x >> 8);
  p[3] = (uint8_t)x;
}

/* Adds one 64-byte block to the chaining value. */
void sha256_block(uint32_t chain[8], const uint8_t block[64]);

/* The 64 sums K[t] + W[t] of a block: what a compression needs of a message that never changes. */
void sha256_round_constants(uint32_t kw[64], const uint8_t block[64]);

/* Finishes a hash: chain has taken `before` bytes (a multiple of 64), `text` is what is left. */
void sha256_finish(uint32_t chain[8], uint64_t before, const uint8_t *text, size_t length, uint8_t digest[32]);

/* Lays text's padding behind it: `text` has room for it, the result is the padded length. */
size_t sha256_pad(uint8_t *text, size_t length, uint64_t total);

#endif
