/* AVX-512, 16 lanes: rotation and any function of three bits are one instruction each. For lanes.h and rounds.h. */
#ifndef CND_AVX512_H
#define CND_AVX512_H

#include <immintrin.h>

#define LANES 16
#define V __m512i

#define set1(x) _mm512_set1_epi32((int)(x))
#define load(p) _mm512_loadu_si512(p)
#define add(x, y) _mm512_add_epi32(x, y)
#define shr(x, n) _mm512_srli_epi32(x, n)
#define ror(x, n) _mm512_ror_epi32(x, n)
#define xor3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define choose(e, f, g) _mm512_ternarylogic_epi32(e, f, g, 0xca)
#define majority(a, b, c, bc) ((void)(bc), _mm512_ternarylogic_epi32(a, b, c, 0xe8))
#define zero_lanes(x, mask) _mm512_testn_epi32_mask(x, mask)

static inline __attribute__((always_inline)) __m512i pin(__m512i x) {
  __asm__("" : "+v"(x));
  return x;
}

/* Eight characters of a word, as two words: multishift fetches each nibble with four bits of its neighbour above, which
 * a table of 64 entries ignores. */
static inline __attribute__((always_inline)) void hex_text(__m512i x, __m512i out[2]) {
  const __m512i high = _mm512_set1_epi64(0x3c3834301c181410);
  const __m512i low = _mm512_set1_epi64(0x2c2824200c080400);
  const __m512i digits = _mm512_broadcast_i32x4(_mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b',
                                                              'c', 'd', 'e', 'f'));
  out[0] = _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(high, x), digits);
  out[1] = _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(low, x), digits);
}

#endif
