/* AVX2, 8 lanes. For lanes.h. */
#ifndef CND_AVX2_H
#define CND_AVX2_H

#include <immintrin.h>

#define LANES 8
#define V __m256i

#define set1(x) _mm256_set1_epi32((int)(x))
#define load(p) _mm256_loadu_si256((const __m256i *)(p))
#define add(x, y) _mm256_add_epi32(x, y)
#define shr(x, n) _mm256_srli_epi32(x, n)
#define ror(x, n) _mm256_xor_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#define xor3(x, y, z) _mm256_xor_si256(x, _mm256_xor_si256(y, z))
#define choose(e, f, g) _mm256_xor_si256(_mm256_and_si256(e, _mm256_xor_si256(f, g)), g)

static inline __attribute__((always_inline)) __m256i pin(__m256i x) {
  __asm__("" : "+x"(x));
  return x;
}

/* a & b ^ a & c ^ b & c is b ^ ((a ^ b) & (b ^ c)), and this round's a ^ b is the next one's b ^ c. */
static inline __attribute__((always_inline)) __m256i majority(__m256i a, __m256i b, __m256i c, __m256i *bc) {
  (void)c;
  __m256i ab = _mm256_xor_si256(a, b);
  __m256i m = _mm256_xor_si256(b, _mm256_and_si256(ab, *bc));
  *bc = ab;
  return m;
}

static inline __attribute__((always_inline)) unsigned zero_lanes(__m256i x, __m256i mask) {
  __m256i zero = _mm256_cmpeq_epi32(_mm256_and_si256(x, mask), _mm256_setzero_si256());
  return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(zero));
}

/* Four bytes of half a word, each twice; then the even ones' low and the odd ones' high nibble through a table. */
static inline __attribute__((always_inline)) __m256i hex_half(__m256i x, __m256i twice) {
  const __m256i digits = _mm256_broadcastsi128_si256(
      _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));
  __m256i bytes = _mm256_shuffle_epi8(x, twice);
  __m256i low = _mm256_and_si256(bytes, _mm256_set1_epi16(0x000f));
  __m256i high = _mm256_and_si256(_mm256_srli_epi32(bytes, 4), _mm256_set1_epi16(0x0f00));
  return _mm256_shuffle_epi8(digits, _mm256_or_si256(low, high));
}

static inline __attribute__((always_inline)) void hex_text(__m256i x, __m256i out[2]) {
  const __m256i high = _mm256_setr_epi8(2, 2, 3, 3, 6, 6, 7, 7, 10, 10, 11, 11, 14, 14, 15, 15, 2, 2, 3, 3, 6, 6, 7, 7,
                                        10, 10, 11, 11, 14, 14, 15, 15);
  const __m256i low = _mm256_setr_epi8(0, 0, 1, 1, 4, 4, 5, 5, 8, 8, 9, 9, 12, 12, 13, 13, 0, 0, 1, 1, 4, 4, 5, 5, 8, 8,
                                       9, 9, 12, 12, 13, 13);
  out[0] = hex_half(x, high);
  out[1] = hex_half(x, low);
}

#endif
