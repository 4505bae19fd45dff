#include "processor.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdint.h>

/* Bits of CPUID's leaves and of XCR0, named as in Intel's manual, volume 2, CPUID, and volume 1, chapter 13. */
enum {
  LEAF1_ECX_SSSE3 = 1 << 9,
  LEAF1_ECX_SSE41 = 1 << 19,
  LEAF1_ECX_OSXSAVE = 1 << 27,
  LEAF1_ECX_AVX = 1 << 28,
  LEAF7_EBX_AVX2 = 1 << 5,
  LEAF7_EBX_AVX512F = 1 << 16,
  LEAF7_EBX_SHA = 1 << 29,
  LEAF7_EBX_AVX512BW = 1 << 30,
  LEAF7_ECX_AVX512_VBMI = 1 << 1,
  XCR0_YMM = 0x06,
  XCR0_ZMM = 0xe6
};

struct leaf {
  unsigned eax, ebx, ecx, edx;
};

static struct leaf leaf(unsigned number) {
  struct leaf l = {0, 0, 0, 0};
  __get_cpuid_count(number, 0, &l.eax, &l.ebx, &l.ecx, &l.edx);
  return l;
}

/* A processor that has the registers is not enough: the operating system must save them for each process. */
static int saves(unsigned state) {
  if (!(leaf(1).ecx & LEAF1_ECX_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & state) == state;
}

int processor_avx2(void) { return saves(XCR0_YMM) && (leaf(7).ebx & LEAF7_EBX_AVX2); }

int processor_sha_ni(void) {
  unsigned needed = LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41;
  return (leaf(1).ecx & needed) == needed && (leaf(7).ebx & LEAF7_EBX_SHA);
}

int processor_sha_ni_avx(void) { return processor_sha_ni() && saves(XCR0_YMM) && (leaf(1).ecx & LEAF1_ECX_AVX); }

int processor_avx512(void) {
  unsigned needed = LEAF7_EBX_AVX512F | LEAF7_EBX_AVX512BW;
  return saves(XCR0_ZMM) && (leaf(7).ebx & needed) == needed && (leaf(7).ecx & LEAF7_ECX_AVX512_VBMI);
}

#elif defined(__aarch64__)

#if defined(__linux__)

#include <sys/auxv.h>

#define HWCAP_SHA2_BIT (1ul << 6) /* asm/hwcap.h, which musl's headers do not bring along */

int processor_armv8_sha2(void) { return (getauxval(AT_HWCAP) & HWCAP_SHA2_BIT) != 0; }

#else

int processor_armv8_sha2(void) { return 1; } /* every Apple processor for a Mac has them */

#endif
#endif
