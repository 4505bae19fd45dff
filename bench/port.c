/* What bounds the kernels on an x86-64 core: cycles per instruction of the kinds SHA-256 is made of, the cycle being a
 * dependent addition. cc -O1 port.c && ./a.out; needs AVX-512 and the SHA extensions. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { LOOPS = 30000, REPEAT = 10, SAMPLES = 10 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define BEST(best, code)                                \
  for (int sample = 0; sample < SAMPLES; sample++) {    \
    double start = now();                               \
    for (int i = 0; i < LOOPS; i++) code;               \
    double took = now() - start;                        \
    if (took < best) best = took;                       \
  }

#define MEASURE(name, instructions, text)                                                                          \
  do {                                                                                                             \
    double best = 1e9, cycle = 1e9;                                                                                \
    uint64_t x = 0;                                                                                                \
    BEST(cycle, __asm__ volatile(".rept 10\n\tadd $1, %0\n\t.endr" : "+r"(x)))                                     \
    BEST(best, __asm__ volatile(".rept 10\n\t" text ".endr" ::                                                     \
                                    : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9")) \
    printf("%-44s %.2f\n", name, best / cycle / (instructions));                                                   \
  } while (0)

#define ADD(r) "vpaddd %%zmm0, %%zmm0, %%" #r "\n\t"
#define ROR(r) "vprord $3, %%zmm0, %%" #r "\n\t"
#define LOGIC(r) "vpternlogd $150, %%zmm0, %%zmm0, %%" #r "\n\t"
#define SHIFT(r) "vpslld $3, %%ymm0, %%" #r "\n\t"
#define XOR(r) "vpxor %%ymm0, %%ymm9, %%" #r "\n\t"

int main(void) {
  MEASURE("vpaddd zmm, latency", 1, "vpaddd %%zmm1, %%zmm1, %%zmm1\n\t");
  MEASURE("vprord zmm, latency", 1, "vprord $3, %%zmm1, %%zmm1\n\t");
  MEASURE("vpternlogd zmm, latency", 1, "vpternlogd $150, %%zmm0, %%zmm0, %%zmm1\n\t");
  MEASURE("vpaddd zmm", 4, ADD(zmm1) ADD(zmm2) ADD(zmm3) ADD(zmm4));
  MEASURE("vprord zmm", 4, ROR(zmm1) ROR(zmm2) ROR(zmm3) ROR(zmm4));
  MEASURE("a round and its schedule: 10 add 6 logic 12 ror", 28,
          ADD(zmm1) ROR(zmm2) LOGIC(zmm3) ROR(zmm4) ADD(zmm5) ROR(zmm6) ADD(zmm7) ROR(zmm8) LOGIC(zmm9) ROR(zmm1)
          ADD(zmm2) ROR(zmm3) ADD(zmm4) ADD(zmm6) ROR(zmm5) LOGIC(zmm7) ROR(zmm8) LOGIC(zmm9) ADD(zmm1) ROR(zmm2)
          ADD(zmm3) ROR(zmm4) LOGIC(zmm5) ROR(zmm6) ADD(zmm7) ROR(zmm8) ADD(zmm9) LOGIC(zmm1));
  MEASURE("vpslld ymm", 4, SHIFT(ymm1) SHIFT(ymm2) SHIFT(ymm3) SHIFT(ymm4));
  MEASURE("2 shifts, 3 logic ymm", 5, SHIFT(ymm1) XOR(ymm2) SHIFT(ymm3) XOR(ymm4) XOR(ymm5));
  MEASURE("sha256rnds2, latency", 1, "sha256rnds2 %%xmm2, %%xmm1\n\t");
  MEASURE("sha256rnds2", 4,
          "sha256rnds2 %%xmm9, %%xmm1\n\tsha256rnds2 %%xmm9, %%xmm2\n\tsha256rnds2 %%xmm9, %%xmm3\n\t"
          "sha256rnds2 %%xmm9, %%xmm4\n\t");
  MEASURE("sha256msg1", 4,
          "sha256msg1 %%xmm9, %%xmm1\n\tsha256msg1 %%xmm9, %%xmm2\n\tsha256msg1 %%xmm9, %%xmm3\n\t"
          "sha256msg1 %%xmm9, %%xmm4\n\t");
  MEASURE("sha256msg2", 4,
          "sha256msg2 %%xmm9, %%xmm1\n\tsha256msg2 %%xmm9, %%xmm2\n\tsha256msg2 %%xmm9, %%xmm3\n\t"
          "sha256msg2 %%xmm9, %%xmm4\n\t");
  return 0;
}
