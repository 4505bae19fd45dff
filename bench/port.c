/* What bounds the kernels on an x86-64 core: cycles per instruction of the kinds SHA-256 is made of, and what a compression of
 * each instruction set takes at least by them. cc -O1 port.c && ./a.out [--json]; what the processor lacks is left out.
 *
 * A cycle is a third of a multiplication that waits for the one before it: imul takes 3 cycles on every Intel core since Nehalem
 * and every AMD core since Zen (uops.info), and nothing removes it. An `add $1` is no unit: since Golden Cove the renamer does
 * several dependent additions of small constants in a cycle (measured by M. A. Ertl, "Zero-cycle constant adds"), so that
 * everything read 4.57 times too high there. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LOOPS = 4000, SAMPLES = 40 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define KEEP_BEST(best, code)                       \
  do {                                              \
    double start = now();                           \
    for (int i = 0; i < LOOPS; i++) code;           \
    double took = now() - start;                    \
    if (took < best) best = took;                   \
  } while (0)

/* The unit and what is measured in it take turns, so that both see the same clock; the best of each counts. */
#define CYCLES(result, instructions, text)                                                                                   \
  do {                                                                                                                       \
    double best = 1e9, unit = 1e9;                                                                                           \
    uint64_t x = 3;                                                                                                          \
    for (int sample = 0; sample < SAMPLES; sample++) {                                                                       \
      KEEP_BEST(unit, __asm__ volatile(".rept 20\n\timul %0, %0\n\t.endr" : "+r"(x)));                                       \
      KEEP_BEST(best, __asm__ volatile(".rept 10\n\t" text ".endr" ::                                                        \
                                           : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",  \
                                             "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"));                           \
    }                                                                                                                        \
    result = best / 10 / (unit / 60) / (instructions);                                                                       \
  } while (0)

static int json;

static double tell(const char *name, double cycles) {
  if (json)
    printf("%s\n  {\"what\": \"%s\", \"cycles\": %.2f}", json++ == 1 ? "" : ",", name, cycles);
  else
    printf("%-60s %6.2f\n", name, cycles);
  return cycles;
}

#define MEASURE(name, instructions, text) ({ double cycles_; CYCLES(cycles_, instructions, text); tell(name, cycles_); })

/* Eight destinations in turn, since some also read theirs; zmm0 and zmm9 are only read. */
#define EACH8(f) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8)
#define ZADD(r) "vpaddd %%zmm0, %%zmm0, %%zmm" #r "\n\t"
#define ZROR(r) "vprord $3, %%zmm0, %%zmm" #r "\n\t"
#define ZLOGIC(r) "vpternlogd $150, %%zmm0, %%zmm9, %%zmm" #r "\n\t"
#define YADD(r) "vpaddd %%ymm0, %%ymm0, %%ymm" #r "\n\t"
#define YSHIFT(r) "vpslld $3, %%ymm0, %%ymm" #r "\n\t"
#define YXOR(r) "vpxor %%ymm0, %%ymm9, %%ymm" #r "\n\t"
#define RNDS2(r) "sha256rnds2 %%xmm9, %%xmm" #r "\n\t"
#define MSG1(r) "sha256msg1 %%xmm9, %%xmm" #r "\n\t"
#define MSG2(r) "sha256msg2 %%xmm9, %%xmm" #r "\n\t"

/* The mix of one round and one word of the schedule, 28 instructions of AVX-512: 10 add, 6 logic, 10 rotate, 2 shift. */
#define ZROUND                                                                                                          \
  ZADD(1) ZROR(2) ZLOGIC(3) ZROR(4) ZADD(5) ZROR(6) ZADD(7) ZROR(8) ZLOGIC(1) ZROR(2) ZADD(3) ZROR(4) ZADD(5) ZADD(6)      \
  ZROR(7) ZLOGIC(8) ZROR(1) ZLOGIC(2) ZADD(3) ZROR(4) ZADD(5) ZROR(6) ZLOGIC(7) ZROR(8) ZADD(1) ZROR(2) ZADD(3) ZLOGIC(4)
/* The same of a round alone, 17: 7 add, 4 logic, 6 rotate. */
#define ZCONSTANT                                                                                                          \
  ZADD(1) ZROR(2) ZLOGIC(3) ZROR(4) ZADD(5) ZROR(6) ZADD(7) ZLOGIC(8) ZADD(1) ZROR(2) ZLOGIC(3) ZROR(4) ZADD(5) ZROR(6)     \
  ZADD(7) ZLOGIC(8) ZADD(1)
/* avx512-sha: 512 sha256rnds2 beside the 3087 + 24 instructions of a vector's first two blocks (the 24 hand its states over), so one for
 * six: in registers that cost them no switch of encodings. */
#define HADD(r) "vpaddd %%zmm16, %%zmm16, %%zmm2" #r "\n\t"
#define HROR(r) "vprord $3, %%zmm16, %%zmm2" #r "\n\t"
#define HLOGIC(r) "vpternlogd $150, %%zmm16, %%zmm17, %%zmm2" #r "\n\t"
#define HYBRID                                                                                                         \
  HADD(1) HROR(2) HLOGIC(3) HROR(4) HADD(5) HROR(6) RNDS2(1) HADD(7) HROR(8) HLOGIC(1) HROR(2) HADD(3) HROR(4) RNDS2(2) \
  HADD(5) HADD(6) HROR(7) HLOGIC(8) HROR(1) HLOGIC(2) RNDS2(3) HADD(3) HROR(4) HADD(5) HROR(6) HLOGIC(7) HROR(8) RNDS2(4) \
  HADD(1) HROR(2) HADD(3) HLOGIC(4) HADD(5) HROR(6) RNDS2(5)
/* AVX2: a rotate is two shifts and a xor. A round is 35: 7 add, 12 shift, 16 logic; with a word of the schedule 56: 10, 22, 24. */
#define YCONSTANT                                                                                                          \
  YADD(1) YSHIFT(2) YXOR(3) YSHIFT(4) YXOR(5) YXOR(6) YADD(7) YSHIFT(8) YXOR(1) YSHIFT(2) YXOR(3) YADD(4) YSHIFT(5) YXOR(6) \
  YSHIFT(7) YXOR(8) YXOR(1) YADD(2) YSHIFT(3) YXOR(4) YSHIFT(5) YXOR(6) YADD(7) YSHIFT(8) YXOR(1) YXOR(2) YSHIFT(3) YXOR(4) \
  YADD(5) YSHIFT(6) YXOR(7) YXOR(8) YADD(1) YSHIFT(2) YXOR(3)
#define YWORD                                                                                                            \
  YSHIFT(4) YXOR(5) YSHIFT(6) YXOR(7) YADD(8) YSHIFT(1) YSHIFT(2) YXOR(3) YSHIFT(4) YXOR(5) YSHIFT(6) YXOR(7) YADD(8)     \
  YSHIFT(1) YXOR(2) YSHIFT(3) YXOR(4) YADD(5) YSHIFT(6) YXOR(7) YSHIFT(8)

/* The SHA instructions' four rounds with four words of the schedule, for four messages in turn. */
#define SCHEDULED(x, y, w)                                                                                            \
  "paddd %%xmm9, %%xmm15\n\t" RNDS2(x) "pshufd $0x0e, %%xmm9, %%xmm14\n\t" RNDS2(y) MSG1(w)                           \
  "palignr $4, %%xmm9, %%xmm15\n\t" "paddd %%xmm9, %%xmm14\n\t" MSG2(w)
#define EACH4 SCHEDULED(1, 2, 10) SCHEDULED(3, 4, 11) SCHEDULED(5, 6, 12) SCHEDULED(7, 8, 13)

/* A block is 64 rounds and 48 words of the schedule. Of hex-chain's three blocks 145 of 1616 instructions are hoisted from the
 * first, and the third has no schedule; of the two of the others 200 from the first (README.md of the kernel). */
static void bounds(const char *isa, double with, double without, int lanes, double first, double second) {
  char name[80];
  const double block = 48 * with + 16 * without, constant = 64 * without;
  snprintf(name, sizeof name, "bound %s, hex-chain, a compression", isa);
  tell(name, (block * (2 - first) + constant) / 3 / lanes);
  snprintf(name, sizeof name, "bound %s, sha256d bitcoin, a compression", isa);
  tell(name, block * (2 - second) / 2 / lanes);
}

int main(int argc, char **argv) {
  unsigned a, b = 0, c = 0, d, brand[12] = {0};
  json = argc > 1 && !strcmp(argv[1], "--json");
  __get_cpuid_count(7, 0, &a, &b, &c, &d);
  for (unsigned i = 0; i < 3; i++) __get_cpuid(0x80000002 + i, brand + 4 * i, brand + 4 * i + 1, brand + 4 * i + 2, brand + 4 * i + 3);
  if (json)
    printf("{\"processor\": \"%.48s\", \"measured\": [", (const char *)brand);
  else
    printf("%.48s\n", (const char *)brand);
  if (b >> 16 & 1) {
    MEASURE("vpaddd zmm, latency", 1, "vpaddd %%zmm1, %%zmm1, %%zmm1\n\t");
    MEASURE("vprord zmm, latency", 1, "vprord $3, %%zmm1, %%zmm1\n\t");
    MEASURE("vpternlogd zmm, latency", 1, "vpternlogd $150, %%zmm0, %%zmm0, %%zmm1\n\t");
    MEASURE("vpaddd zmm", 8, EACH8(ZADD));
    MEASURE("vprord zmm", 8, EACH8(ZROR));
    MEASURE("vpternlogd zmm", 8, EACH8(ZLOGIC));
    double with = 28 * MEASURE("AVX-512, a round and a word of the schedule, each of 28", 28, ZROUND);
    double without = 17 * MEASURE("AVX-512, a round, each of 17", 17, ZCONSTANT);
    bounds("avx512", with, without, 16, 145.0 / 1616, 200.0 / 1616);
  }
  if (b >> 5 & 1) {
    MEASURE("vpslld ymm", 8, EACH8(YSHIFT));
    MEASURE("vpxor ymm", 8, EACH8(YXOR));
    double with = 56 * MEASURE("AVX2, a round and a word of the schedule, each of 56", 56, YCONSTANT YWORD);
    double without = 35 * MEASURE("AVX2, a round, each of 35", 35, YCONSTANT);
    bounds("avx2", with, without, 8, 290.0 / 3248, 400.0 / 3248);
  }
  if (b >> 29 & 1) {
    MEASURE("sha256rnds2, latency", 1, "sha256rnds2 %%xmm2, %%xmm1\n\t");
    double rounds = MEASURE("sha256rnds2", 8, EACH8(RNDS2));
    MEASURE("sha256msg1", 8, EACH8(MSG1));
    MEASURE("sha256msg2", 8, EACH8(MSG2));
    double scheduled = MEASURE("sha-ni, four rounds and four words of the schedule", 4, EACH4);
    /* 12 of a block's 16 times four rounds have a schedule beside them. */
    double block = 12 * scheduled + 8 * rounds;
    if (b >> 16 & 1) {
      __asm__ volatile("vzeroupper");
      double mixed = 35 * MEASURE("AVX-512 and sha256rnds2, each of 30 + 5", 35, HYBRID);
      tell("bound avx512-sha, hex-chain, a compression", mixed / 30 * (2 * 1616 - 145 + 24) / 3 / 16);
    }
    tell("bound sha-ni, hex-chain, a compression", (2 * block + rounds * (32 - 1)) / 3);
    tell("bound sha-ni, sha256d bitcoin, a compression", block - rounds * 3 / 2);
  }
  if (json) printf("\n]}\n");
  return 0;
}
