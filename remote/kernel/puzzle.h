/* What makes a nonce golden: scheme, block or header, difficulty. */
#ifndef CND_PUZZLE_H
#define CND_PUZZLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scheme { HEX_CHAIN, SHA256D, BITCOIN };
enum unit { DIGITS, BITS, BITS_LSB };

enum { MAX_BLOCK = 4096, MAX_DIGITS = 20, HEADER = 80 };

struct puzzle {
  enum scheme scheme;
  uint8_t block[MAX_BLOCK]; /* of a text scheme, or the header */
  size_t length;
  enum unit unit;
  unsigned difficulty;
  uint8_t target[32];        /* bitcoin: most significant byte first */
  int near;                  /* zero bits of a near-hit, or negative: none are looked for */
  uint32_t midstate[8];      /* the chaining value after the whole blocks that no nonce touches */
  size_t midstate_length;    /* how many bytes those are */
  unsigned test_word;        /* the digest word a search looks at first: */
  uint32_t test_mask;        /* neither a golden digest nor a near-hit's has any of these bits set in it */
};

/* To be called once scheme, block, difficulty and near are set: fills in what follows from them. */
void puzzle_prepare(struct puzzle *p);

/* The digest of one nonce, by the plain C of sha256.c. */
void puzzle_digest(const struct puzzle *p, uint64_t nonce, uint8_t digest[32]);

bool puzzle_golden(const struct puzzle *p, const uint8_t digest[32]);

/* Whether the digest has p->near zero bits, counted as the scheme and unit count (digits as their bits). */
bool puzzle_near(const struct puzzle *p, const uint8_t digest[32]);

/* The nonce in decimal without leading zeros; returns its length. */
size_t decimal(uint64_t n, char out[MAX_DIGITS]);

#endif
