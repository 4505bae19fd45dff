/* Hexadecimal text by plain arithmetic on four bytes at a time, for vectors without a byte shuffle. Expects V's own
 * operators to work: an integer or a compiler's vector of them. */

/* The four characters of the low 16 bits of x, most significant first. */
static inline __attribute__((always_inline)) V hex_half(V x) {
  x = (x | x << 8) & 0x00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f;
  V letter = (x + 0x06060606) >> 4 & 0x01010101;
  return x + 0x30303030 + (letter << 5) + (letter << 3) - letter; /* 'a' is 39 after what follows '9' */
}

static inline __attribute__((always_inline)) void hex_text(V x, V out[2]) {
  out[0] = hex_half(x >> 16);
  out[1] = hex_half(x & 0xffff);
}
