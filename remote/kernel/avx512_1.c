/* AVX-512, one stream, and half the code: for processors whose latency is one cycle, as Intel's, and whose two threads of a
 * core share what holds decoded instructions. */
#define STREAMS 1
#define TAIL_STREAMS 1
#define FAST_DIGEST 1
#define FAST_WORDS 0x2c

#include "avx512.h"
#include "lanes.h"
#include "processor.h"

const struct isa isa_avx512_1 = {"avx512-1", LANES, processor_avx512, scan};
