/* The rounds of SHA-256 on any kind of vector, a message a lane, and what is hoisted from them: for lanes.h and
 * avx512_sha.c, which say what a vector is (lanes.h tells how).
 *
 * Why it is fast: rounds and schedule terms that do not depend on the changing words are hoisted (struct hoist), and the
 * message of the other rounds lives in memory: operands loaded on the fly cost no vector port, and two streams then fit 32
 * registers. */
#ifndef CND_ROUNDS_H
#define CND_ROUNDS_H

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

/* Round t, 16 or later, its word from the sixteen before. `i` is t modulo 16, a literal. */
INLINE void late_round(struct context *c, V s[8], V *bc, V *w, const unsigned t, const unsigned i) {
  V word = add(w[-16], w[-7]);
  word = add(word, small0(w[-15]));
  word = add(word, small1(w[-2]));
  w[0] = word;
  round_kw(s, bc, i, add(word, set1(c->k[t])));
}

#endif
