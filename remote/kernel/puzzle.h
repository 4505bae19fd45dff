/* What makes a nonce golden: scheme, the text or header that it is a part of, the bits that a digest must have. */
#ifndef CND_PUZZLE_H
#define CND_PUZZLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scheme { HEX_CHAIN, SHA256D, SHA256, BITCOIN };

/* In which order bits of a text scheme's digest count: from the most significant, from the least significant of each byte, or
 * from the last one on. */
enum order { BITS, BITS_LSB, LAST };

enum { MAX_BLOCK = 4096, MAX_DIGITS = 20, HEADER = 80, DIGEST = 32 };

struct puzzle {
  enum scheme scheme;
  uint8_t text[MAX_BLOCK]; /* of a text scheme: what comes before the nonce, then what comes after it; or the header */
  size_t before;           /* how much of it comes before */
  size_t length;
  unsigned base;             /* in which the nonce is written, 10 or 16; in a header it is a number, not text */
  enum order order;
  unsigned bits;             /* of a text scheme: a golden digest has so many bits, in this order, of */
  uint8_t wanted[DIGEST];    /* these, which are zero beyond */
  uint8_t target[32];        /* bitcoin: most significant byte first */
  int near;                  /* a near-hit has so many; negative: none are looked for */
  uint32_t midstate[8];      /* the chaining value after the whole blocks that no nonce touches */
  size_t midstate_length;    /* how many bytes those are */
  unsigned test_word;        /* the digest word a search looks at first: */
  uint32_t test_mask;        /* of a golden digest and of a near-hit's these bits of it are */
  uint32_t test_value;       /* as in this one */
};

/* To be called once all that is told is set: fills in what follows from it. */
void puzzle_prepare(struct puzzle *p);

/* The digest of one nonce, by the plain C of sha256.c. */
void puzzle_digest(const struct puzzle *p, uint64_t nonce, uint8_t digest[32]);

bool puzzle_golden(const struct puzzle *p, const uint8_t digest[32]);

/* Whether the digest has p->near bits as they are wanted; with bitcoin they are zeros, from the number's most significant bit. */
bool puzzle_near(const struct puzzle *p, const uint8_t digest[32]);

/* The nonce in lower-case digits of a base up to 16, without leading zeros; returns its length. */
size_t digits_of(uint64_t n, unsigned base, char out[MAX_DIGITS]);

#endif
