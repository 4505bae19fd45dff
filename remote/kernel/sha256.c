#include "sha256.h"

#include <string.h>

const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

const uint32_t sha256_iv[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t ror(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

void sha256_round_constants(uint32_t kw[64], const uint8_t block[64]) {
  uint32_t w[64];
  for (unsigned t = 0; t < 16; t++) w[t] = load_be32(block + 4 * t);
  for (unsigned t = 16; t < 64; t++) {
    uint32_t s0 = ror(w[t - 15], 7) ^ ror(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t s1 = ror(w[t - 2], 17) ^ ror(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = s1 + w[t - 7] + s0 + w[t - 16];
  }
  for (unsigned t = 0; t < 64; t++) kw[t] = w[t] + sha256_k[t];
}

void sha256_block(uint32_t chain[8], const uint8_t block[64]) {
  uint32_t kw[64];
  uint32_t a = chain[0], b = chain[1], c = chain[2], d = chain[3], e = chain[4], f = chain[5], g = chain[6], h = chain[7];
  sha256_round_constants(kw, block);
  for (unsigned t = 0; t < 64; t++) {
    uint32_t t1 = h + kw[t] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g));
    uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  chain[0] += a, chain[1] += b, chain[2] += c, chain[3] += d;
  chain[4] += e, chain[5] += f, chain[6] += g, chain[7] += h;
}

size_t sha256_pad(uint8_t *text, size_t length, uint64_t total) {
  size_t padded = (length + 8) / 64 * 64 + 64;
  memset(text + length, 0, padded - length);
  text[length] = 0x80;
  store_be32(text + padded - 8, (uint32_t)(total >> 29));
  store_be32(text + padded - 4, (uint32_t)(total << 3));
  return padded;
}

void sha256_finish(uint32_t chain[8], uint64_t before, const uint8_t *text, size_t length, uint8_t digest[32]) {
  uint8_t last[128];
  size_t whole = length / 64 * 64;
  for (size_t i = 0; i < whole; i += 64) sha256_block(chain, text + i);
  memcpy(last, text + whole, length - whole);
  size_t padded = sha256_pad(last, length - whole, before + length);
  for (size_t i = 0; i < padded; i += 64) sha256_block(chain, last + i);
  for (unsigned i = 0; i < 8; i++) store_be32(digest + 4 * i, chain[i]);
}
