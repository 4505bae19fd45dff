/* Prints this core's clock in Hz: an addition that waits for the one before it takes one cycle on every processor of
 * interest. The best of several short samples of the thread's own time. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void) {
  enum { LOOPS = 500000, SAMPLES = 16 };
  double best = 0;
  for (int sample = 0; sample < SAMPLES; sample++) {
    uint64_t x = 0, one = 1;
    double start = now();
    for (int i = 0; i < LOOPS; i++) {
#if defined(__x86_64__)
      __asm__ volatile(".rept 8\n\tadd %1, %0\n\t.endr" : "+r"(x) : "r"(one));
#else
      __asm__ volatile(".rept 8\n\tadd %0, %0, %1\n\t.endr" : "+r"(x) : "r"(one));
#endif
    }
    double rate = 8.0 * LOOPS / (now() - start);
    if (rate > best) best = rate;
  }
  printf("%.0f\n", best);
  return 0;
}
