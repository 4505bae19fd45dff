/* ARMv8's SHA-2 instructions, which Gravitons and Apple's processors have: four rounds each. */
#include <arm_neon.h>
#include <stdint.h>

#define Q uint32x4_t
#define ENTRY(word) (((word) + 1) / 4 * 2)
#define A_AND_E {{~0u, 0, 0, 0}, {~0u, 0, 0, 0}}

struct pair {
  uint32x4_t x, y; /* a b c d and e f g h */
};

#define set1(v) vdupq_n_u32(v)
#define load(p) vld1q_u32(p)
#define and(a, b) vandq_u32(a, b)
#define add(a, b) vaddq_u32(a, b)
#define pack(abcd, efgh) ((struct pair){abcd, efgh})
#define first_word(s) vgetq_lane_u32((s).x, 0)
#define last_word(s) vgetq_lane_u32((s).y, 3)

static inline __attribute__((always_inline)) void unpack(struct pair s, uint32x4_t half[2]) {
  half[0] = s.x;
  half[1] = s.y;
}

static inline __attribute__((always_inline)) uint32x4_t schedule(uint32x4_t w0, uint32x4_t w4, uint32x4_t w8,
                                                                 uint32x4_t w12) {
  return vsha256su1q_u32(vsha256su0q_u32(w0, w4), w8, w12);
}

static inline __attribute__((always_inline)) void rounds_kw(struct pair *s, uint32x4_t kw) {
  uint32x4_t x = s->x;
  s->x = vsha256hq_u32(x, s->y, kw);
  s->y = vsha256h2q_u32(s->y, x, kw);
}

#define rounds(s, w, k) rounds_kw(s, vaddq_u32(w, k))
#define first_rounds(s, w, k) rounds(s, w, k)
#define second_rounds(s, w, k) ((void)(s))
#define constant_rounds(s, kw) EACH_STREAM(n) rounds_kw(&s[n], vld1q_u32(kw))

static inline __attribute__((always_inline)) void hex_text(uint32x4_t x, uint32x4_t out[2]) {
  static const uint8_t twice[32] = {2,  2,  3,  3,  0, 0, 1, 1, 6,  6,  7,  7,  4,  4,  5,  5,
                                    10, 10, 11, 11, 8, 8, 9, 9, 14, 14, 15, 15, 12, 12, 13, 13};
  const uint8x16_t digits = vld1q_u8((const uint8_t *)"0123456789abcdef");
  for (unsigned i = 0; i < 2; i++) {
    uint8x16_t bytes = vqtbl1q_u8(vreinterpretq_u8_u32(x), vld1q_u8(twice + 16 * i));
    uint8x16_t odd = vreinterpretq_u8_u16(vdupq_n_u16(0xff00));
    uint8x16_t nibbles = vbslq_u8(odd, vshrq_n_u8(bytes, 4), vandq_u8(bytes, vdupq_n_u8(15)));
    out[i] = vreinterpretq_u32_u8(vqtbl1q_u8(digits, nibbles));
  }
}

#define STREAMS 4
#define GROUPS 2

#include "quads.h"
#include "processor.h"

const struct isa isa_armv8_sha2 = {"armv8-sha2", STREAMS, processor_armv8_sha2, scan};
