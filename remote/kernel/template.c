#include "template.h"

#include <string.h>

#include "sha256.h"

/* The value of a digit's character above that of '0'. */
static uint32_t above_zero(unsigned digit) { return digit < 10 ? digit : digit + 'a' - '0' - 10; }

static uint32_t swap(uint32_t x) { return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24; }

static void fill(uint32_t row[MAX_LANES], uint32_t value) {
  for (unsigned i = 0; i < MAX_LANES; i++) row[i] = value;
}

static void prepare_batch(struct template *t, struct batch *batch) {
  const uint8_t *block = t->text + 64 * t->block;
  batch->scheme = t->puzzle->scheme;
  batch->test_word = t->puzzle->test_word;
  batch->test_mask = t->puzzle->test_mask;
  batch->test_value = t->puzzle->test_value;
  batch->tail = &t->tail;
  batch->walk = t->walk;
  for (unsigned i = 0; i < 8; i++) fill(batch->chain[i], t->head[i]);
  for (unsigned i = 0; i < 16; i++) fill(batch->word[i], load_be32(block + 4 * i));
}

static void prepare_header(struct template *t, struct batch *batch) {
  const struct puzzle *p = t->puzzle;
  size_t length = p->length - p->midstate_length;
  memcpy(t->text, p->text + p->midstate_length, length);
  sha256_pad(t->text, length, p->length);
  t->levels = 3;
  for (unsigned j = 0; j < MAX_WALK; j++) t->walk[j] = swap(j);
  batch->walked = (unsigned)length / 4 - 1;
}

/* walk[j] is j's three digits where they belong in the word whose last digit is byte `last` of it. Digits that would
 * not fit in the word are shifted out: such j are never walked. */
static void prepare_walk(struct template *t, unsigned last) {
  const unsigned base = t->base;
  for (unsigned j = 0; j < base * base * base; j++)
    t->walk[j] = (above_zero(j / base / base) << 16 | above_zero(j / base % base) << 8 | above_zero(j % base))
                 << 8 * (3 - last);
}

static void prepare_text(struct template *t, struct batch *batch) {
  const struct puzzle *p = t->puzzle;
  uint8_t message[MAX_DIGITS + MAX_BLOCK + 128];
  size_t length = p->before - p->midstate_length;
  memcpy(message, p->text + p->midstate_length, length);
  t->start = (unsigned)length;
  memset(message + length, '0', t->digits);
  length += t->digits;
  memcpy(message + length, p->text + p->before, p->length - p->before);
  length += p->length - p->before;
  length = sha256_pad(message, length, p->midstate_length + length);

  unsigned end = t->start + t->digits - 1;
  t->block = end / 64;
  unsigned offset = end % 64;
  t->first_word = t->block > t->start / 64 ? 0 : t->start % 64 / 4;
  batch->walked = offset / 4;
  unsigned room = offset % 4 + 1;
  t->levels = room < t->digits ? room : t->digits;
  if (t->levels > 3) t->levels = 3;
  prepare_walk(t, offset % 4);

  size_t changing = 64 * (t->block + 1);
  memcpy(t->text, message, changing);
  t->tail.count = (unsigned)((length - changing) / 64);
  for (unsigned i = 0; i < t->tail.count; i++) sha256_round_constants(t->tail.kw[i], message + changing + 64 * i);
}

void template_prepare(struct template *t, const struct puzzle *p, uint64_t nonce, struct batch *batch) {
  char number[MAX_DIGITS];
  t->puzzle = p;
  t->base = p->base;
  t->digits = p->scheme == BITCOIN ? 0 : (unsigned)digits_of(nonce, p->base, number);
  t->tail.count = 0;
  t->block = 0;
  t->head_valid = 0;
  memcpy(t->head, p->midstate, sizeof t->head);
  if (p->scheme == BITCOIN)
    prepare_header(t, batch);
  else
    prepare_text(t, batch);
  prepare_batch(t, batch);
}

/* When the digits straddle two blocks, the first one's chaining value changes with the high digits: seldom. */
static void put_head(struct template *t, unsigned lane, struct batch *batch) {
  if (!t->head_valid) {
    memcpy(t->head, t->puzzle->midstate, sizeof t->head);
    sha256_block(t->head, t->text);
    t->head_valid = 1;
  }
  for (unsigned i = 0; i < 8; i++) batch->chain[i][lane] = t->head[i];
}

/* Adds one to the digit at text[at], with carry; returns the first byte that changed. */
static unsigned increment(struct template *t, unsigned at) {
  const uint8_t last = t->base == 10 ? '9' : 'f';
  while (t->text[at] == last && at > t->start) t->text[at--] = '0';
  t->text[at] = t->text[at] == '9' && t->base == 16 ? 'a' : t->text[at] + 1;
  return at;
}

void template_lanes(struct template *t, uint64_t nonce, unsigned level, unsigned lanes, struct batch *batch) {
  if (t->puzzle->scheme == BITCOIN) {
    for (unsigned i = 0; i < lanes; i++) batch->word[batch->walked][i] = swap((uint32_t)nonce + (i << 4 * level));
    return;
  }
  const uint8_t *block = t->text + 64 * t->block;
  uint32_t word[16];
  digits_of(nonce, t->base, (char *)t->text + t->start);
  t->head_valid = 0;
  for (unsigned w = t->first_word; w <= batch->walked; w++) word[w] = load_be32(block + 4 * w);
  for (unsigned lane = 0;; lane++) {
    for (unsigned w = t->first_word; w <= batch->walked; w++) batch->word[w][lane] = word[w];
    if (t->block) put_head(t, lane, batch);
    if (lane + 1 == lanes) return;
    unsigned changed = increment(t, t->start + t->digits - 1 - level);
    if (changed < 64 * t->block) t->head_valid = 0;
    unsigned w = changed < 64 * t->block ? 0 : changed % 64 / 4;
    for (; w <= batch->walked; w++) word[w] = load_be32(block + 4 * w);
  }
}
