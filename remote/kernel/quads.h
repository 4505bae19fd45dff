/* SHA-256 by instructions of its own, which do two or four rounds of one message at a time: the scan of sha_ni.c and
 * armv8_sha2.c. Several messages are interleaved, because each instruction waits for the one before it on the same message.
 *
 * The including file defines
 *   STREAMS           how many messages are interleaved,
 *   GROUPS            and how many groups of them take turns, so that the next block can start while the one before it drains
 *   Q                 four 32-bit words: of the message, or half a state
 *   set1 load and add
 *   struct pair       a state in the instructions' own layout; pack and unpack it from and to a..d and e..h
 *   schedule          the next four words of a schedule, from the sixteen before
 *   rounds            four rounds, with four words of W and of K
 *   first_rounds      the first step of them, where there are two (or all of it),
 *   second_rounds     and the other (or nothing)
 *   constant_rounds   four rounds with K + W from memory
 *   first_word        the digest's, and
 *   last_word         its last, which is in the same place after the first of the last four rounds' two steps
 *   ENTRY(word)       the first pair of rounds that has to be done when only this word of the message changes: the round
 *                     of the word itself just adds it to a and e, so it may be done before
 *   A_AND_E           ones in those lanes of x, then of y, where a and e are
 *   hex_text          eight characters of each word, as four quads of two
 */
#include <stdalign.h>

#include "batch.h"
#include "sha256.h"

#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

#define EACH_STREAM(n) for (unsigned n = 0; n < STREAMS; n++)

static alignas(4096) struct context {
  uint32_t k[64];
  uint32_t padding[64]; /* K + W of the block that follows a message of 64 bytes */
  struct pair iv;
  struct pair chain[STREAMS]; /* before the message's block */
  struct pair entry[STREAMS]; /* before its first round with a walked word */
  Q walked[STREAMS];          /* the quad that has it */
  struct group {
    Q message[STREAMS][16]; /* schedules: of the first block, and of its digest's */
    Q digest[STREAMS][16];
    struct pair state[STREAMS];
  } group[GROUPS];
} context;

#define TIMES4(f, q) f(q) f(q + 1) f(q + 2) f(q + 3)

/* Rounds 2 * entry to 63, or to 61 for the digest's last word: that is round 60's e. */
INLINE void compress(Q schedules[STREAMS][16], unsigned entry, const struct pair from[STREAMS],
                     const struct pair chain[STREAMS], int last_word_only, struct pair out[STREAMS]) {
  const uint32_t *k = context.k;
  __asm__("" : "+r"(k)); /* so that it stays in a register: addresses in full make longer code */
  struct pair s[STREAMS];
  EACH_STREAM(n) s[n] = from[n];
  unsigned quad = entry / 2;
  if (entry % 2) {
    EACH_STREAM(n) second_rounds(&s[n], schedules[n][quad], load(k + 4 * quad));
    quad++;
  }
  switch (quad) {
#define EARLY(q) EACH_STREAM(n) rounds(&s[n], schedules[n][q], load(k + 4 * (q)));
    case 0: EARLY(0) __attribute__((fallthrough));
    case 1: EARLY(1) __attribute__((fallthrough));
    case 2: EARLY(2) __attribute__((fallthrough));
    case 3: EARLY(3)
  }
#define LATER(q, do_rounds)                            \
  EACH_STREAM(n) {                                     \
    Q *w = schedules[n] + q;                           \
    w[0] = schedule(w[-4], w[-3], w[-2], w[-1]);       \
    do_rounds(&s[n], w[0], load(k + 4 * (q)));      \
  }
#define LATER_ROUNDS(q) LATER(q, rounds)
  TIMES4(LATER_ROUNDS, 4) TIMES4(LATER_ROUNDS, 8) LATER_ROUNDS(12) LATER_ROUNDS(13) LATER_ROUNDS(14)
  if (last_word_only) {
    LATER(15, first_rounds)
  } else {
    LATER(15, rounds)
  }
  EACH_STREAM(n) {
    out[n].x = add(s[n].x, chain[n].x);
    out[n].y = add(s[n].y, chain[n].y);
  }
}

/* Each with code of its own: without the early rounds' places to enter the digest's is a few percent faster. */
NOINLINE static void compress_message(Q schedules[STREAMS][16], unsigned entry, const struct pair from[STREAMS],
                                      const struct pair chain[STREAMS], struct pair out[STREAMS]) {
  compress(schedules, entry, from, chain, 0, out);
}

NOINLINE static void compress_digest(Q schedules[STREAMS][16], const struct pair iv[STREAMS], int last_word_only,
                                     struct pair out[STREAMS]) {
  compress(schedules, 0, iv, iv, last_word_only, out);
}

NOINLINE static void constant_block(struct pair state[STREAMS], const uint32_t kw[64]) {
  struct pair s[STREAMS];
  EACH_STREAM(n) s[n] = state[n];
  for (unsigned t = 0; t < 64; t += 16) {
#define CONSTANT(q) constant_rounds(s, kw + t + 4 * (q));
    TIMES4(CONSTANT, 0)
  }
  EACH_STREAM(n) {
    state[n].x = add(s[n].x, state[n].x);
    state[n].y = add(s[n].y, state[n].y);
  }
}

static void prepare(const struct batch *b) {
  static const uint8_t padding[64] = {[0] = 0x80, [62] = 0x02};
  static const uint32_t end[8] = {0x80000000, 0, 0, 0, 0, 0, 0, 256}; /* what follows 32 bytes */
  struct context *c = &context;
  if (c->k[0] == 0) {
    __builtin_memcpy(c->k, sha256_k, sizeof c->k);
    sha256_round_constants(c->padding, padding);
    c->iv = pack(load(sha256_iv), load(sha256_iv + 4));
  }
  EACH_STREAM(n) {
    uint32_t word[16], chain[8];
    Q w[4];
    for (unsigned i = 0; i < 16; i++) word[i] = b->word[i][n];
    for (unsigned i = 0; i < 8; i++) chain[i] = b->chain[i][n];
    for (unsigned q = 0; q < 4; q++) w[q] = load(word + 4 * q);
    struct pair s = c->chain[n] = pack(load(chain), load(chain + 4));
    const unsigned entry = ENTRY(b->walked);
    for (unsigned q = 0; q < entry / 2; q++) rounds(&s, w[q], load(c->k + 4 * q));
    if (entry % 2) first_rounds(&s, w[entry / 2], load(c->k + entry / 2 * 4));
    c->entry[n] = s;
    c->walked[n] = w[b->walked / 4];
    for (struct group *g = c->group; g < c->group + GROUPS; g++) {
      for (unsigned q = 0; q < 4; q++) g->message[n][q] = w[q];
      g->digest[n][2] = load(end);
      g->digest[n][3] = load(end + 4);
    }
  }
}

/* Digests to the words of the next block, which for hex text leaves out a constant second one. */
INLINE void next_message(struct group *g, enum scheme scheme) {
  EACH_STREAM(n) {
    Q half[2];
    unpack(g->state[n], half);
    if (scheme == HEX_CHAIN) {
      hex_text(half[0], g->digest[n]);
      hex_text(half[1], g->digest[n] + 2);
    } else {
      g->digest[n][0] = half[0];
      g->digest[n][1] = half[1];
    }
  }
}

static size_t scan(const struct batch *b, struct found *found) {
  struct context *c = &context;
  prepare(b);
  const unsigned quad = b->walked / 4, entry = ENTRY(b->walked);
  struct pair iv[STREAMS];
  EACH_STREAM(n) iv[n] = c->iv;
  uint32_t one[4] = {0, 0, 0, 0};
  one[b->walked % 4] = 0xffffffff;
  const Q place = load(one);
  static const uint32_t a_and_e[2][4] = A_AND_E, none[4] = {0, 0, 0, 0};
  const int is_last_tested = b->test_word == 7;
  const enum scheme scheme = b->scheme;
  const uint32_t mask = b->test_mask, value = b->test_value;
  const int walked_done = 2 * entry > b->walked;
  /* After one step of two the halves have changed places. */
  const Q place_x = load(walked_done ? a_and_e[entry % 2] : none);
  const Q place_y = load(walked_done ? a_and_e[1 - entry % 2] : none);
  size_t count = 0;
  for (unsigned j = 0; j < b->count; j += GROUPS) {
    const unsigned groups = b->count - j < GROUPS ? b->count - j : GROUPS;
#define EACH_GROUP(g) for (struct group *g = c->group; g < c->group + groups; g++)
    EACH_GROUP(g) {
      const Q walk = set1(b->walk[j + (unsigned)(g - c->group)]);
      struct pair from[STREAMS];
      EACH_STREAM(n) {
        g->message[n][quad] = add(c->walked[n], and(walk, place));
        from[n].x = add(c->entry[n].x, and(walk, place_x));
        from[n].y = add(c->entry[n].y, and(walk, place_y));
      }
      compress_message(g->message, entry, from, c->chain, g->state);
    }
    for (unsigned i = 0; i < b->tail->count; i++) EACH_GROUP(g) constant_block(g->state, b->tail->kw[i]);
    if (scheme != SHA256) EACH_GROUP(g) {
      next_message(g, scheme);
      compress_digest(g->digest, iv, is_last_tested && scheme != HEX_CHAIN, g->state);
    }
    if (scheme == HEX_CHAIN) EACH_GROUP(g) constant_block(g->state, c->padding);
    EACH_GROUP(g) {
      uint32_t lanes = 0;
      EACH_STREAM(n) {
        uint32_t word = is_last_tested ? last_word(g->state[n]) : first_word(g->state[n]);
        lanes |= (uint32_t)(((word ^ value) & mask) == 0) << n;
      }
      if (lanes) found[count++] = (struct found){j + (unsigned)(g - c->group), lanes};
    }
  }
  return count;
}
