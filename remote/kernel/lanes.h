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
 * Why it is fast: rounds and schedule terms that do not depend on the changing words are hoisted (struct hoist), the
 * message of the other rounds lives in memory (operands loaded on the fly cost no vector port, and two streams then fit
 * 32 registers), and rounds 32 to 63 are one rolled loop that all kinds of blocks share: with copies of
 * their own, or unrolled, the speed falls by up to a third, as if the op cache were outgrown. */
#include <stdalign.h>

#include "batch.h"
#include "sha256.h"

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define EACH_STREAM(n) for (unsigned n = 0; n < STREAMS; n++)

enum { GROUP = STREAMS * TAIL_STREAMS * 4, DIGEST_WORDS = 0xff };

/* What of a compression does not change from one message to the next, when only the words in `changing` do. */
struct hoist {
  V state[8]; /* a..h before the first round with a changing word, that round's sums, all but its word, in d and h */
  V kw[32];   /* K + W of the rounds whose word is constant, + h of the three rounds after the first */
  V sum[32];  /* the constant terms of the schedule's words 16 to 31 */
};

/* All that a scan touches lies together: with arrays on unrelated pages the speed was seen to change from run to run. */
static alignas(4096) struct context {
  uint32_t k[64];
  uint32_t padding[64]; /* K + W of the block that follows a message of 64 bytes */
  V iv[8];
  V chain[8];
  V w[STREAMS][64];
  V state[GROUP][8];
  struct hoist message;
  struct hoist digest;
} context;

INLINE V big0(V x) { return xor3(ror(x, 2), ror(x, 13), ror(x, 22)); }
INLINE V big1(V x) { return xor3(ror(x, 6), ror(x, 11), ror(x, 25)); }
INLINE V small0(V x) { return xor3(ror(x, 7), ror(x, 18), shr(x, 3)); }
INLINE V small1(V x) { return xor3(ror(x, 17), ror(x, 19), shr(x, 10)); }

/* Registers do not move between rounds, their roles do: in round t, a is s[-t mod 8], b the one after it ... */
#define A s[(0 - t) & 7]
#define B s[(1 - t) & 7]
#define C s[(2 - t) & 7]
#define D s[(3 - t) & 7]
#define E s[(4 - t) & 7]
#define F s[(5 - t) & 7]
#define G s[(6 - t) & 7]
#define H s[(7 - t) & 7]

/* Round t, hkw being h + K + W. */
INLINE void round_sum(V s[8], V *bc, unsigned t, V hkw) {
  V t1 = pin(add(hkw, choose(E, F, G)));
  t1 = pin(add(t1, big1(E)));
  V t2 = pin(add(big0(A), majority(A, B, C, bc)));
  D = add(D, t1);
  H = add(t1, t2);
}

INLINE void round_kw(V s[8], V *bc, unsigned t, V kw) { round_sum(s, bc, t, add(H, kw)); }

/* Which of the words 0 to 31 depend on the changing ones. Written without a loop so that any compiler folds it. */
#define DEPEND(t) d |= ((d >> (t - 2) | d >> (t - 7) | d >> (t - 15) | d >> (t - 16)) & 1u) << t;
INLINE uint32_t dependent(uint32_t changing) {
  uint32_t d = changing;
  DEPEND(16) DEPEND(17) DEPEND(18) DEPEND(19) DEPEND(20) DEPEND(21) DEPEND(22) DEPEND(23)
  DEPEND(24) DEPEND(25) DEPEND(26) DEPEND(27) DEPEND(28) DEPEND(29) DEPEND(30) DEPEND(31)
  return d;
}

INLINE int has(uint32_t set, unsigned t) { return set >> t & 1; }

NOINLINE static void hoist(const uint32_t k[64], struct hoist *out, uint32_t changing, const V chain[8], const V word[16]) {
  uint32_t depends = dependent(changing);
  unsigned first = (unsigned)__builtin_ctz(changing);
  V s[8], w[32];
  for (unsigned i = 0; i < 8; i++) s[i] = chain[i];
  for (unsigned t = 0; t < 32; t++) {
    V sum = set1(0);
    if (t < 16) {
      sum = word[t];
    } else {
      if (!has(depends, t - 16)) sum = add(sum, w[t - 16]);
      if (!has(depends, t - 15)) sum = add(sum, small0(w[t - 15]));
      if (!has(depends, t - 7)) sum = add(sum, w[t - 7]);
      if (!has(depends, t - 2)) sum = add(sum, small1(w[t - 2]));
    }
    w[t] = out->sum[t] = sum;
    out->kw[t] = has(depends, t) ? set1(k[t]) : add(set1(k[t]), sum);
  }
  for (unsigned t = 0; t <= first; t++) {
    V bc = xor3(B, C, set1(0));
    round_kw(s, &bc, t, t < first ? out->kw[t] : set1(k[t]));
  }
  /* Back to the roles before the first round; its own results stand where they will be accumulated. */
  for (unsigned i = 0; i < 8; i++) out->state[i] = s[(i - first) & 7];
  for (unsigned i = 1; i <= 3; i++) out->kw[first + i] = add(out->kw[first + i], out->state[7 - i]);
}

#define TIMES8(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)
#define TIMES16(f) TIMES8(f) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)

/* Round t, below 16, of all streams. `changing` and `zero` (words known to be zero) are literals at every call. */
INLINE void early_round(struct context *c, V s[STREAMS][8], V bc[STREAMS], const struct hoist *h,
                        const uint32_t changing, const unsigned t) {
  V(*w)[64] = c->w;
  const unsigned first = (unsigned)__builtin_ctz(changing);
  if (t < first) return;
  EACH_STREAM(n) {
    if (t == first) {
      s[n][(3 - t) & 7] = add(s[n][(3 - t) & 7], w[n][t]);
      s[n][(7 - t) & 7] = add(s[n][(7 - t) & 7], w[n][t]);
      bc[n] = xor3(s[n][(0 - t) & 7], s[n][(1 - t) & 7], set1(0));
    } else if (t <= first + 3) {
      round_sum(s[n], &bc[n], t, has(changing, t) ? add(h->kw[t], w[n][t]) : h->kw[t]);
    } else {
      round_kw(s[n], &bc[n], t, has(changing, t) ? add(set1(c->k[t]), w[n][t]) : h->kw[t]);
    }
  }
}

/* Round t, 16 to 31: only the changing terms of the schedule are computed. */
INLINE void middle_round(struct context *c, V s[STREAMS][8], V bc[STREAMS], const struct hoist *h,
                         const uint32_t changing, const uint32_t zero, const unsigned t) {
  V(*w)[64] = c->w;
  const uint32_t depends = dependent(changing);
  const unsigned first = (unsigned)__builtin_ctz(changing);
  const uint32_t still = depends | zero; /* terms that are not in sum */
  EACH_STREAM(n) {
    V word = h->sum[t];
    if (has(depends, t)) {
      const int some = !(has(still, t - 2) && has(still, t - 7) && has(still, t - 15) && has(still, t - 16));
      int started = some;
#define TERM(condition, value) \
  if (condition) {             \
    word = started ? add(word, value) : value; \
    started = 1;               \
  }
      TERM(has(depends, t - 16), w[n][t - 16])
      TERM(has(depends, t - 7), w[n][t - 7])
      TERM(has(depends, t - 15), small0(w[n][t - 15]))
      TERM(has(depends, t - 2), small1(w[n][t - 2]))
#undef TERM
    }
    w[n][t] = word;
    if (t <= first + 3)
      round_sum(s[n], &bc[n], t, has(depends, t) ? add(h->kw[t], word) : h->kw[t]);
    else
      round_kw(s[n], &bc[n], t, has(depends, t) ? add(set1(c->k[t]), word) : h->kw[t]);
  }
}

INLINE void start(V s[STREAMS][8], const struct hoist *h, const uint32_t changing) {
  const unsigned first = (unsigned)__builtin_ctz(changing);
  EACH_STREAM(n) for (unsigned i = 0; i < 8; i++) s[n][(i - first) & 7] = h->state[i];
}

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
#define LATE(i)                                                     \
  EACH_STREAM(n) {                                                  \
    V *w = c->w[n] + t + i;                                         \
    V word = add(w[-16], w[-7]);                                    \
    word = add(word, small0(w[-15]));                               \
    word = add(word, small1(w[-2]));                                \
    w[0] = word;                                                    \
    round_kw(s[n], &bc[n], i, add(word, set1(c->k[t + i])));        \
  }                                                                 \
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
