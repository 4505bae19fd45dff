#include "puzzle.h"

#include <string.h>

#include "sha256.h"

size_t digits_of(uint64_t n, unsigned base, char out[MAX_DIGITS]) {
  char reversed[MAX_DIGITS];
  size_t length = 0;
  do reversed[length++] = "0123456789abcdef"[n % base];
  while (n /= base);
  for (size_t i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
  return length;
}

/* Ones for the bits, of the first `bits` in this order, that lie in the word a search looks at: the first one, or the last. */
static uint32_t text_mask(enum order order, unsigned bits) {
  if (bits >= 32) return 0xffffffff;
  if (order == LAST) return (1u << bits) - 1;
  if (order == BITS) return bits ? ~(0xffffffffu >> bits) : 0;
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
  uint32_t golden = p->scheme == BITCOIN ? target_mask(p->target) : text_mask(p->order, p->bits);
  if (p->near < 0) return golden;
  unsigned near = (unsigned)p->near;
  return golden & (p->scheme == BITCOIN ? reversed(text_mask(BITS, near)) : text_mask(p->order, near));
}

void puzzle_prepare(struct puzzle *p) {
  memcpy(p->midstate, sha256_iv, sizeof p->midstate);
  p->midstate_length = p->before / 64 * 64;
  for (size_t i = 0; i < p->midstate_length; i += 64) sha256_block(p->midstate, p->text + i);
  p->test_word = p->scheme == BITCOIN || p->order == LAST ? 7 : 0;
  p->test_mask = test_mask(p);
  p->test_value = load_be32(p->wanted + 4 * p->test_word);
}

static void hash(const uint8_t *text, size_t length, uint8_t digest[DIGEST]) {
  uint32_t chain[8];
  memcpy(chain, sha256_iv, sizeof chain);
  sha256_finish(chain, 0, text, length, digest);
}

void puzzle_digest(const struct puzzle *p, uint64_t nonce, uint8_t digest[DIGEST]) {
  uint8_t text[MAX_DIGITS + MAX_BLOCK], hex[64];
  size_t length = p->before - p->midstate_length;
  memcpy(text, p->text + p->midstate_length, length);
  if (p->scheme == BITCOIN) {
    for (unsigned i = 0; i < 4; i++) text[length++] = (uint8_t)(nonce >> 8 * i);
  } else {
    length += digits_of(nonce, p->base, (char *)text + length);
    memcpy(text + length, p->text + p->before, p->length - p->before);
    length += p->length - p->before;
  }
  uint32_t chain[8];
  memcpy(chain, p->midstate, sizeof chain);
  sha256_finish(chain, p->midstate_length, text, length, digest);
  if (p->scheme == SHA256) return;
  if (p->scheme != HEX_CHAIN) {
    hash(digest, DIGEST, digest);
    return;
  }
  for (unsigned i = 0; i < 64; i++) hex[i] = (uint8_t)"0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
  hash(hex, sizeof hex, digest);
}

/* Whether the first `bits` bits of a digest, in this order, are those of `wanted`. */
static bool has_bits(enum order order, unsigned bits, const uint8_t digest[DIGEST], const uint8_t wanted[DIGEST]) {
  for (unsigned i = 0; 8 * i < bits; i++) {
    unsigned at = order == LAST ? DIGEST - 1 - i : i, here = bits - 8 * i;
    unsigned difference = digest[at] ^ wanted[at];
    if (here < 8) difference = order == BITS ? difference >> (8 - here) : difference & ((1u << here) - 1);
    if (difference) return false;
  }
  return true;
}

bool puzzle_golden(const struct puzzle *p, const uint8_t digest[DIGEST]) {
  if (p->scheme != BITCOIN) return has_bits(p->order, p->bits, digest, p->wanted);
  for (unsigned i = 0; i < DIGEST; i++)
    if (digest[DIGEST - 1 - i] != p->target[i]) return digest[DIGEST - 1 - i] < p->target[i];
  return true;
}

bool puzzle_near(const struct puzzle *p, const uint8_t digest[DIGEST]) {
  if (p->near < 0) return false;
  if (p->scheme != BITCOIN) return has_bits(p->order, (unsigned)p->near, digest, p->wanted);
  uint8_t number[DIGEST];
  for (unsigned i = 0; i < DIGEST; i++) number[i] = digest[DIGEST - 1 - i];
  return has_bits(BITS, (unsigned)p->near, number, p->wanted);
}
