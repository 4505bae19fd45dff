/* AVX2, one stream, which the sixteen registers hold: for processors whose latency is one cycle, as Intel's. */
#define STREAMS 1
#define TAIL_STREAMS 1
#define FAST_DIGEST 0
#define FAST_WORDS 0x2c

#include "avx2.h"
#include "lanes.h"
#include "processor.h"

const struct isa isa_avx2_1 = {"avx2-1", LANES, processor_avx2, scan};
