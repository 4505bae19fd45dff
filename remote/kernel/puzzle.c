#include "puzzle.h"

#include <string.h>

#include "sha256.h"

size_t decimal(uint64_t n, char out[MAX_DIGITS]) {
  char reversed[MAX_DIGITS];
  size_t length = 0;
  do reversed[length++] = (char)('0' + n % 10);
  while (n /= 10);
  for (size_t i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
  return length;
}

static unsigned golden_bits(const struct puzzle *p) {
  return p->unit == DIGITS ? 4 * p->difficulty : p->difficulty;
}

/* Ones where the first 32 bits of a text scheme's digest have to be zero for it to have so many zero bits. */
static uint32_t text_mask(enum unit unit, unsigned bits) {
  if (bits >= 32) return 0xffffffff;
  if (unit != BITS_LSB) return bits ? ~(0xffffffffu >> bits) : 0;
  uint8_t byte[4];
  for (unsigned i = 0; i < 4; i++) {
    unsigned here = bits > 8 * i ? bits - 8 * i : 0;
    byte[i] = here >= 8 ? 0xff : (uint8_t)((1u << here) - 1);
  }
  return load_be32(byte);
}

/* What is one in the most significant word of bitcoin's number, as it lies in the digest's last word. */
static uint32_t reversed(uint32_t mask) {
  uint8_t big_endian[4];
  store_be32(big_endian, mask);
  return (uint32_t)big_endian[3] << 24 | (uint32_t)big_endian[2] << 16 | (uint32_t)big_endian[1] << 8 | big_endian[0];
}

/* Ones where the digest's last four bytes have to be zero for the number to be at most the target. */
static uint32_t target_mask(const uint8_t target[32]) {
  uint32_t mask = 0xffffffff;
  for (uint32_t top = load_be32(target); top & mask;) mask <<= 1;
  return reversed(mask);
}

/* The bits that a search looks at first, of golden digests and of near-hits: the masks are nested, both have the weaker
 * one's bits. */
static uint32_t test_mask(const struct puzzle *p) {
  uint32_t golden = p->scheme == BITCOIN ? target_mask(p->target) : text_mask(p->unit, golden_bits(p));
  if (p->near < 0) return golden;
  unsigned near = (unsigned)p->near;
  return golden & (p->scheme == BITCOIN ? reversed(text_mask(BITS, near)) : text_mask(p->unit, near));
}

void puzzle_prepare(struct puzzle *p) {
  memcpy(p->midstate, sha256_iv, sizeof p->midstate);
  p->midstate_length = p->scheme == HEX_CHAIN ? 0 : p->length / 64 * 64; /* hex-chain's nonce comes before the block */
  for (size_t i = 0; i < p->midstate_length; i += 64) sha256_block(p->midstate, p->block + i);
  p->test_word = p->scheme == BITCOIN ? 7 : 0;
  p->test_mask = test_mask(p);
}

static void hash(const uint8_t *text, size_t length, uint8_t digest[32]) {
  uint32_t chain[8];
  memcpy(chain, sha256_iv, sizeof chain);
  sha256_finish(chain, 0, text, length, digest);
}

void puzzle_digest(const struct puzzle *p, uint64_t nonce, uint8_t digest[32]) {
  uint8_t text[MAX_DIGITS + MAX_BLOCK], hex[64];
  char number[MAX_DIGITS];
  size_t digits = decimal(nonce, number);
  if (p->scheme == HEX_CHAIN) {
    memcpy(text, number, digits);
    memcpy(text + digits, p->block, p->length);
    hash(text, digits + p->length, digest);
    for (unsigned i = 0; i < 64; i++) hex[i] = (uint8_t)"0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    hash(hex, sizeof hex, digest);
    return;
  }
  size_t length = p->length - p->midstate_length;
  memcpy(text, p->block + p->midstate_length, length);
  if (p->scheme == SHA256D) {
    memcpy(text + length, number, digits);
    length += digits;
  } else {
    for (unsigned i = 0; i < 4; i++) text[length - 4 + i] = (uint8_t)(nonce >> 8 * i);
  }
  uint32_t chain[8];
  memcpy(chain, p->midstate, sizeof chain);
  sha256_finish(chain, p->midstate_length, text, length, digest);
  hash(digest, 32, digest);
}

/* Whether the first `bits` bits of a text scheme's digest are zero. */
static bool text_zeros(enum unit unit, unsigned bits, const uint8_t digest[32]) {
  for (unsigned i = 0; i < bits / 8; i++)
    if (digest[i]) return false;
  if (bits % 8 == 0) return true;
  uint8_t rest = digest[bits / 8];
  return unit == BITS_LSB ? (rest & ((1u << bits % 8) - 1)) == 0 : rest >> (8 - bits % 8) == 0;
}

bool puzzle_golden(const struct puzzle *p, const uint8_t digest[32]) {
  if (p->scheme != BITCOIN) return text_zeros(p->unit, golden_bits(p), digest);
  for (unsigned i = 0; i < 32; i++)
    if (digest[31 - i] != p->target[i]) return digest[31 - i] < p->target[i];
  return true;
}

bool puzzle_near(const struct puzzle *p, const uint8_t digest[32]) {
  if (p->near < 0) return false;
  if (p->scheme != BITCOIN) return text_zeros(p->unit, (unsigned)p->near, digest);
  uint8_t number[32];
  for (unsigned i = 0; i < 32; i++) number[i] = digest[31 - i];
  return text_zeros(BITS, (unsigned)p->near, number);
}
