/* AVX-512, two streams, which hide the latency of two cycles that Zen 5's instructions have. */
#define STREAMS 2
#define TAIL_STREAMS 3
#define FAST_DIGEST 1
#define FAST_WORDS 0x3ff

#include "avx512.h"
#include "lanes.h"
#include "processor.h"

const struct isa isa_avx512 = {"avx512", LANES, processor_avx512, scan};
