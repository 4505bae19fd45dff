/* hex-chain on vectors and on the SHA unit at once: AVX-512 does the two blocks of sixteen messages that need a schedule while
 * SHA instructions do the constant third block of those before, two messages at a time. For processors whose vector ports are
 * the bound and whose SHA unit has ports of its own; everything but hex-chain's usual case is left to avx512-1.
 *
 * sha256rnds2 has a legacy encoding only, which costs a hundred cycles when the upper part of zmm0 to 15 is in use. So all
 * vectors here are in zmm16 to 31 (the compiler is told to leave xmm0 to 15 alone, which gcc does and clang cannot), and
 * xmm0 to 4 belong to the SHA instructions from round to round. */
#include "batch.h"
#include "processor.h"

#if defined(XMM_RESERVED)

#define STREAMS 1
#define TAIL_STREAMS 1

#include "avx512.h"
#include "rounds.h"

/* What the message word of hex-chain's ten-digit nonces is that changes, and vectors that take turns. */
enum { WALKED = 2, VECTORS = 2, STEPS = 64 };

/* The messages whose third block is next, a state in two halves as the instructions have it: f e b a and h g d c. */
static alignas(64) struct side {
  __m128i x[VECTORS * LANES], y[VECTORS * LANES];
  __m128i result[VECTORS * LANES]; /* x after the rounds */
} side;

/* Steps from .. to - 1 of the 64 that eight messages take beside a block: sixteen for each pair, four rounds each. */
INLINE void steps(const uint32_t kw[64], unsigned at, const unsigned from, const unsigned to) {
#pragma GCC unroll 4
  for (unsigned i = from; i < to; i++) {
    const unsigned pair = at + i / 16 * 2;
    if (i % 16 == 0)
      __asm__ volatile("vmovdqa %0, %%xmm1\n\tvmovdqa %1, %%xmm2\n\tvmovdqa %2, %%xmm3\n\tvmovdqa %3, %%xmm4" ::"m"(side.x[pair]),
                       "m"(side.y[pair]), "m"(side.x[pair + 1]), "m"(side.y[pair + 1]));
    __asm__ volatile(
        "vmovq %0, %%xmm0\n\tsha256rnds2 %%xmm1, %%xmm2\n\tsha256rnds2 %%xmm3, %%xmm4\n\t"
        "vmovq %1, %%xmm0\n\tsha256rnds2 %%xmm2, %%xmm1\n\tsha256rnds2 %%xmm4, %%xmm3" ::"m"(*(const uint64_t *)(kw + i % 16 * 4)),
        "m"(*(const uint64_t *)(kw + i % 16 * 4 + 2)));
    if (i % 16 == 15)
      __asm__ volatile("vmovdqa %%xmm1, %0\n\tvmovdqa %%xmm3, %1" : "=m"(side.result[pair]), "=m"(side.result[pair + 1]));
  }
}

/* Instructions of the vector rounds before round t: the steps are spread evenly over them. */
#define FIRST_COST(t) ((t) <= WALKED ? 0 : (t) < 16 ? ((t)-WALKED) * 15 : (t) < 32 ? 210 + ((t)-16) * 24 : 594 + ((t)-32) * 28)
#define SECOND_COST(t) ((t) < 16 ? (t)*17 : 272 + ((t)-16) * 28)
#define BESIDE(cost, t) steps(c->padding, at, cost(t) * STEPS / cost(64), cost((t) + 1) * STEPS / cost(64));
#define TIMES8_FROM(f, t) f(t) f((t) + 1) f((t) + 2) f((t) + 3) f((t) + 4) f((t) + 5) f((t) + 6) f((t) + 7)
#define TIMES16_FROM(f, t) TIMES8_FROM(f, t) TIMES8_FROM(f, (t) + 8)

/* The block with the nonce; beside it the messages from `at` on. */
NOINLINE static void first_block(struct context *c, V out[8], unsigned at) {
  const uint32_t changing = 1u << WALKED;
  V s[1][8], bc[1];
  start(s, &c->message, changing);
#define EARLY(t) BESIDE(FIRST_COST, t) early_round(c, s, bc, &c->message, changing, t);
#define MIDDLE(t) BESIDE(FIRST_COST, t) middle_round(c, s, bc, &c->message, changing, 0, t);
#define LATE(t) BESIDE(FIRST_COST, t) late_round(c, s[0], bc, c->w[0] + (t), t, t);
  TIMES16_FROM(EARLY, 0) TIMES16_FROM(MIDDLE, 16) TIMES16_FROM(LATE, 32) TIMES16_FROM(LATE, 48)
#undef LATE
  for (unsigned i = 0; i < 8; i++) out[i] = add(s[0][i], c->chain[i]);
}

/* The digests in `state` as text, likewise. */
NOINLINE static void second_block(struct context *c, V state[8], unsigned at) {
  for (unsigned i = 0; i < 8; i++) hex_text(state[i], &c->w[0][2 * i]);
  V s[8], bc = c->iv[0];
  for (unsigned i = 0; i < 8; i++) s[i] = c->iv[i];
#define WORD(t) BESIDE(SECOND_COST, t) round_kw(s, &bc, t, add(c->w[0][t], set1(c->k[t])));
#define LATE(t) BESIDE(SECOND_COST, t) late_round(c, s, &bc, c->w[0] + (t), t, t);
  TIMES16_FROM(WORD, 0) TIMES16_FROM(LATE, 16) TIMES16_FROM(LATE, 32) TIMES16_FROM(LATE, 48)
  for (unsigned i = 0; i < 8; i++) state[i] = add(s[i], c->iv[i]);
}

/* Four rows as columns: message 4 * i + q stands in part i of out[q]. */
INLINE void transpose(V a, V b, V c, V d, __m128i *out) {
  V ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
  V cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
  _mm512_store_si512(out, _mm512_unpacklo_epi64(ab_low, cd_low));
  _mm512_store_si512(out + 4, _mm512_unpackhi_epi64(ab_low, cd_low));
  _mm512_store_si512(out + 8, _mm512_unpacklo_epi64(ab_high, cd_high));
  _mm512_store_si512(out + 12, _mm512_unpackhi_epi64(ab_high, cd_high));
}

/* The messages of a vector whose first digest word, `a`, passes. */
INLINE uint32_t passing(unsigned at, V value, V mask) {
  uint32_t lanes = 0;
  for (unsigned q = 0; q < 4; q++) {
    V sum = add(load(side.result + at + 4 * q), load(side.x + at + 4 * q));
    uint32_t zero = zero_lanes(xor3(sum, value, set1(0)), mask) & 0x8888u;
    for (unsigned i = 0; zero && i < 4; i++)
      if (zero >> (4 * i + 3) & 1) lanes |= 1u << (4 * i + q);
  }
  return lanes;
}

static void prepare(struct context *c, const struct batch *b) {
  static const uint8_t padding[64] = {[0] = 0x80, [62] = 0x02};
  V word[16];
  __builtin_memcpy(c->k, sha256_k, sizeof c->k);
  sha256_round_constants(c->padding, padding);
  for (unsigned i = 0; i < 8; i++) c->iv[i] = set1(sha256_iv[i]);
  for (unsigned i = 0; i < 8; i++) c->chain[i] = load(b->chain[i]);
  for (unsigned i = 0; i < 16; i++) word[i] = load(b->word[i]);
  hoist(c->k, &c->message, 1u << WALKED, c->chain, word);
}

static size_t scan(const struct batch *b, struct found *found) {
  if (b->scheme != HEX_CHAIN || b->tail->count > 0 || b->walked != WALKED || b->test_word != 0) return isa_avx512_1.scan(b, found);
  struct context *c = &context;
  __asm__ volatile("vzeroupper");
  prepare(c, b);
  const V mask = set1(b->test_mask), value = set1(b->test_value), walked = load(b->word[WALKED]);
  size_t n = 0;
  for (unsigned j = 0, before = 0; j < b->count || before > 0; j += VECTORS) {
    const unsigned group = j >= b->count ? 0 : b->count - j < VECTORS ? b->count - j : VECTORS;
    if (group > 0) {
      for (unsigned v = 0; v < VECTORS; v++) {
        c->w[0][WALKED] = add(walked, set1(b->walk[v < group ? j + v : j]));
        first_block(c, c->state[v], 8 * v);
      }
      for (unsigned v = 0; v < VECTORS; v++) second_block(c, c->state[v], 8 * (VECTORS + v));
    } else {
      for (unsigned at = 0; at < VECTORS * LANES; at += 8) steps(c->padding, at, 0, STEPS);
    }
    for (unsigned v = 0; v < before; v++) {
      const uint32_t lanes = passing(v * LANES, value, mask);
      if (lanes) found[n++] = (struct found){j - VECTORS + v, lanes};
    }
    for (unsigned v = 0; v < group; v++) {
      const V *s = c->state[v];
      transpose(s[5], s[4], s[1], s[0], side.x + v * LANES);
      transpose(s[7], s[6], s[3], s[2], side.y + v * LANES);
    }
    before = group;
  }
  return n;
}

static int usable(void) { return processor_avx512() && processor_sha_ni(); }

#else

static int usable(void) { return 0; }
#define scan 0
#define LANES 16

#endif

const struct isa isa_avx512_sha = {"avx512-sha", LANES, usable, scan};
