/* AVX2, two streams. */
#define STREAMS 2
#define TAIL_STREAMS 2
#define FAST_DIGEST 0
#define FAST_WORDS 0x2e

#include "avx2.h"
#include "lanes.h"
#include "processor.h"

const struct isa isa_avx2 = {"avx2", LANES, processor_avx2, scan};
