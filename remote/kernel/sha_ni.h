/* Intel's SHA extensions, which AMD's processors have since Zen, for quads.h: sha_ni.c and sha_ni_2.c. */
#ifndef CND_SHA_NI_H
#define CND_SHA_NI_H

#include <immintrin.h>
#include <stdint.h>

#define Q __m128i
#define ENTRY(word) (((word) + 1) / 2)
#define A_AND_E {{0, ~0u, 0, ~0u}, {0, 0, 0, 0}}

struct pair {
  __m128i x, y; /* f e b a and h g d c, lowest word first */
};

#define load(p) (*(const __m128i_u *)(p))
#define set1(x) _mm_set1_epi32((int)(x))
#define and(a, b) _mm_and_si128(a, b)
#define add(a, b) _mm_add_epi32(a, b)

static inline __attribute__((always_inline)) struct pair pack(__m128i abcd, __m128i efgh) {
  __m128i badc = _mm_shuffle_epi32(abcd, 0xb1), hgfe = _mm_shuffle_epi32(efgh, 0x1b);
  return (struct pair){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

static inline __attribute__((always_inline)) void unpack(struct pair s, __m128i half[2]) {
  half[0] = _mm_shuffle_epi32(_mm_unpackhi_epi64(s.y, s.x), 0x1b);
  half[1] = _mm_shuffle_epi32(_mm_unpacklo_epi64(s.y, s.x), 0x1b);
}

#define first_word(s) ((uint32_t)_mm_extract_epi32((s).x, 3))
#define last_word(s) ((uint32_t)_mm_cvtsi128_si32((s).y))

static inline __attribute__((always_inline)) __m128i schedule(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
  __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
  return _mm_sha256msg2_epu32(sum, w12);
}

/* Written out, since the third operand is always xmm0 and compilers then copy and spill what need not move. */
#if defined(__AVX__)
static inline __attribute__((always_inline)) void rounds_of(struct pair *s, __m128i w, const __m128i_u *k) {
  __asm__("vpaddd %[k], %[w], %%xmm0\n\t"
          "sha256rnds2 %[x], %[y]\n\t"
          "vpshufd $0x0e, %%xmm0, %%xmm0\n\t"
          "sha256rnds2 %[y], %[x]"
          : [x] "+x"(s->x), [y] "+x"(s->y)
          : [w] "x"(w), [k] "m"(*k)
          : "xmm0");
}
#define rounds(s, w, k) rounds_of(s, w, &(k))
#else
static inline __attribute__((always_inline)) void rounds(struct pair *s, __m128i w, __m128i k) {
  __asm__("movdqa %[k], %%xmm0\n\t"
          "paddd %[w], %%xmm0\n\t"
          "sha256rnds2 %[x], %[y]\n\t"
          "pshufd $0x0e, %%xmm0, %%xmm0\n\t"
          "sha256rnds2 %[y], %[x]"
          : [x] "+x"(s->x), [y] "+x"(s->y)
          : [w] "x"(w), [k] "x"(k)
          : "xmm0");
}
#endif

static inline __attribute__((always_inline)) void first_rounds(struct pair *s, __m128i w, __m128i k) {
  s->y = _mm_sha256rnds2_epu32(s->y, s->x, _mm_add_epi32(w, k));
}

static inline __attribute__((always_inline)) void second_rounds(struct pair *s, __m128i w, __m128i k) {
  s->x = _mm_sha256rnds2_epu32(s->x, s->y, _mm_shuffle_epi32(_mm_add_epi32(w, k), 0x0e));
}

/* The instruction reads two words, so that they need not be shuffled when they come from memory. */
#define constant_rounds(s, kw)                                                                                     \
  do {                                                                                                             \
    __m128i first = _mm_loadl_epi64((const __m128i *)(kw)), second = _mm_loadl_epi64((const __m128i *)((kw) + 2)); \
    EACH_STREAM(n) s[n].y = _mm_sha256rnds2_epu32(s[n].y, s[n].x, first);                                          \
    EACH_STREAM(n) s[n].x = _mm_sha256rnds2_epu32(s[n].x, s[n].y, second);                                         \
  } while (0)

static inline __attribute__((always_inline)) void hex_text(__m128i x, __m128i out[2]) {
  const __m128i digits =
      _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  for (unsigned i = 0; i < 2; i++) {
    __m128i twice = _mm_add_epi8(_mm_setr_epi8(2, 2, 3, 3, 0, 0, 1, 1, 6, 6, 7, 7, 4, 4, 5, 5), _mm_set1_epi8((char)(8 * i)));
    __m128i bytes = _mm_shuffle_epi8(x, twice);
    __m128i low = _mm_and_si128(bytes, _mm_set1_epi16(0x000f));
    __m128i high = _mm_and_si128(_mm_srli_epi32(bytes, 4), _mm_set1_epi16(0x0f00));
    out[i] = _mm_shuffle_epi8(digits, _mm_or_si128(low, high));
  }
}

#endif
