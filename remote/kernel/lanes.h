/* One nonce a lane, on any kind of vector: the scan of portable.c, vector128.c, avx2.c and avx512.c.
 *
 * The including file defines
 *   LANES          32-bit lanes of a vector
 *   STREAMS        vectors whose rounds are interleaved where the schedule is computed
 *   TAIL_STREAMS   the same where it is constant (its rounds are shorter, so that more are needed to hide latency)
 *   FAST_WORDS     bit w set: walked word w gets code of its own; the others take a general path
 *   FAST_DIGEST    the same for the second block of sha256d and bitcoin: not worth it where rounds are long
 *   V              the vector type, and on it set1 load add shr ror xor3 choose majority pin zero_lanes hex_text
 * `majority` may keep b ^ c from round to round in its last argument; `pin` stops a compiler from reassociating a sum
 * into a longer dependency chain.
 *
 * Rounds 32 to 63 are one rolled loop that all kinds of blocks share: with copies of their own, or unrolled, the speed falls
 * by up to a third, as if the op cache were outgrown. */
#include "rounds.h"

/* Rounds 0 to 31 when only some words change; returns the round that is next. */
INLINE unsigned begin(struct context *c, V s[STREAMS][8], V bc[STREAMS], const struct hoist *h,
                      const uint32_t changing, const uint32_t zero) {
  start(s, h, changing);
#define EARLY(t) early_round(c, s, bc, h, changing, t);
#define MIDDLE(t) middle_round(c, s, bc, h, changing, zero, 16 + t);
  TIMES16(EARLY)
  TIMES16(MIDDLE)
  return 32;
}

/* Rounds 0 to 15 when all words change. */
INLINE unsigned begin_all(struct context *c, V s[STREAMS][8], V bc[STREAMS], const V chain[8]) {
  EACH_STREAM(n) {
    for (unsigned i = 0; i < 8; i++) s[n][i] = chain[i];
    bc[n] = xor3(chain[1], chain[2], set1(0));
  }
  for (unsigned i = 0; i < 16; i += 8) {
#define FIRST(t) \
  EACH_STREAM(n) round_kw(s[n], &bc[n], t, add(c->w[n][i + t], set1(c->k[i + t])));
    TIMES8(FIRST)
  }
  return 16;
}

/* The rounds from `from` on, all of whose words change. A digest's last word is known three rounds before its first. */
INLINE void finish(struct context *c, V s[STREAMS][8], V bc[STREAMS], unsigned from, int last_word_only) {
  for (unsigned t = from; t != 64; t += 8) {
#define LATE(i)                                                          \
  EACH_STREAM(n) late_round(c, s[n], &bc[n], c->w[n] + t + i, t + i, i); \
  if (i == 4 && last_word_only && t == 56) return;
    TIMES8(LATE)
  }
}

/* What changes in a block: one word, or ... */
enum change { DIGEST_CHANGES = 16, ALL_CHANGES = 17 };

/* Adds to the chaining value the block whose changing words are in c->w. One function for all kinds of blocks, so that
 * they share the code of the later rounds: separate copies do not fit the op cache together. */
NOINLINE static void compress(unsigned change, const V chain[8], const struct hoist *h, int last_word_only,
                              V out[STREAMS][8]) {
  struct context *c = &context;
  V s[STREAMS][8], bc[STREAMS];
  unsigned from;
  switch (change) {
#define CASE(i)                            \
  case i:                                  \
    if (!has(FAST_WORDS, i)) goto all;     \
    from = begin(c, s, bc, h, 1u << i, 0); \
    break;
    TIMES16(CASE)
  default:
  all:
    from = begin_all(c, s, bc, chain);
    break;
  case DIGEST_CHANGES:
    if (!FAST_DIGEST) goto all;
    from = begin(c, s, bc, h, DIGEST_WORDS, 0x7e00);
  }
  finish(c, s, bc, from, last_word_only);
  EACH_STREAM(n) for (unsigned i = 0; i < 8; i++) out[n][i] = add(s[n][i], chain[i]);
}

/* A block of the message, its walked word being in c->w already. */
INLINE void message_block(struct context *c, const struct batch *b, int last_word_only, V out[STREAMS][8]) {
  if (!has(FAST_WORDS, b->walked)) {
    EACH_STREAM(n) for (unsigned i = 0; i < 16; i++)
      if (i != b->walked) c->w[n][i] = load(b->word[i]);
  }
  compress(b->walked, c->chain, &c->message, last_word_only, out);
}

/* The digests in out as a message: 64 hexadecimal characters, all but the constant second block. */
INLINE void hex_block(struct context *c, V out[STREAMS][8]) {
  EACH_STREAM(n) for (unsigned i = 0; i < 8; i++) hex_text(out[n][i], &c->w[n][2 * i]);
  compress(ALL_CHANGES, c->iv, &c->digest, 0, out);
}

/* The digests in out as a message: 32 bytes. */
INLINE void digest_block(struct context *c, V out[STREAMS][8], int last_word_only) {
  EACH_STREAM(n) for (unsigned i = 0; i < 8; i++) c->w[n][i] = out[n][i];
  if (!FAST_DIGEST) EACH_STREAM(n) for (unsigned i = 8; i < 16; i++) c->w[n][i] = c->digest.sum[i];
  compress(DIGEST_CHANGES, c->iv, &c->digest, last_word_only, out);
}

/* The second block of a message of 64 bytes and every other that is constant: only the chaining value changes. */
NOINLINE static void constant_block(V state[TAIL_STREAMS][8], const uint32_t kw[64]) {
  V s[TAIL_STREAMS][8], bc[TAIL_STREAMS];
  for (unsigned n = 0; n < TAIL_STREAMS; n++) {
    for (unsigned i = 0; i < 8; i++) s[n][i] = state[n][i];
    bc[n] = xor3(s[n][1], s[n][2], set1(0));
  }
  for (const uint32_t *end = kw + 64; kw != end; kw += 8) {
#define CONSTANT(t) \
  for (unsigned n = 0; n < TAIL_STREAMS; n++) round_kw(s[n], &bc[n], t, set1(kw[t]));
    TIMES8(CONSTANT)
  }
  for (unsigned n = 0; n < TAIL_STREAMS; n++)
    for (unsigned i = 0; i < 8; i++) state[n][i] = add(state[n][i], s[n][i]);
}

/* What changes from batch to batch, or from one scheme to the next. */
static void prepare(const struct batch *b) {
  static const uint8_t padding[64] = {[0] = 0x80, [62] = 0x02};
  struct context *c = &context;
  V word[16];
  if (c->k[0] == 0) {
    __builtin_memcpy(c->k, sha256_k, sizeof c->k);
    sha256_round_constants(c->padding, padding);
    for (unsigned i = 0; i < 8; i++) c->iv[i] = set1(sha256_iv[i]);
  }
  if (b->scheme == SHA256D || b->scheme == BITCOIN) {
    for (unsigned i = 0; i < 16; i++) word[i] = set1(i == 8 ? 0x80000000 : i == 15 ? 256 : 0);
    hoist(c->k, &c->digest, DIGEST_WORDS, c->iv, word);
  }
  for (unsigned i = 0; i < 8; i++) c->chain[i] = load(b->chain[i]);
  if (has(FAST_WORDS, b->walked)) {
    for (unsigned i = 0; i < 16; i++) word[i] = load(b->word[i]);
    hoist(c->k, &c->message, 1u << b->walked, c->chain, word);
  }
}

static size_t scan(const struct batch *b, struct found *found) {
  struct context *c = &context;
  prepare(b);
  /* A digest that the message's block is the last of: its last word may be enough. */
  const int last_word_only = b->scheme == SHA256 && b->test_word == 7 && b->tail->count == 0;
  const V mask = set1(b->test_mask), value = set1(b->test_value), walked = load(b->word[b->walked]);
  size_t n = 0;
  for (unsigned j = 0; j < b->count; j += GROUP) {
    unsigned group = b->count - j < GROUP ? b->count - j : GROUP;
    for (unsigned g = 0; g < group; g += STREAMS) {
      EACH_STREAM(i) c->w[i][b->walked] = add(walked, set1(b->walk[g + i < group ? j + g + i : j]));
      message_block(c, b, last_word_only, c->state + g);
    }
    for (unsigned i = 0; i < b->tail->count; i++)
      for (unsigned g = 0; g < group; g += TAIL_STREAMS) constant_block(c->state + g, b->tail->kw[i]);
    for (unsigned g = 0; g < group && b->scheme != SHA256; g += STREAMS) {
      if (b->scheme == HEX_CHAIN)
        hex_block(c, c->state + g);
      else
        digest_block(c, c->state + g, b->test_word == 7);
    }
    if (b->scheme == HEX_CHAIN)
      for (unsigned g = 0; g < group; g += TAIL_STREAMS) constant_block(c->state + g, c->padding);
    for (unsigned i = 0; i < group; i++) {
      uint32_t lanes = zero_lanes(xor3(c->state[i][b->test_word], value, set1(0)), mask);
      if (lanes) found[n++] = (struct found){j + i, lanes};
    }
  }
  return n;
}
