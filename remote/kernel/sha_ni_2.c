/* Two streams, whose schedules the registers hold, and AVX's encoding of what is no SHA instruction, which needs no copies: a third
 * fewer instructions, for processors where sha256rnds2 starts every cycle (Zen 3), so that the number of instructions counts. */
#include "sha_ni.h"

#define STREAMS 2
#define GROUPS 4

#include "quads.h"
#include "processor.h"

const struct isa isa_sha_ni_2 = {"sha-ni-2", STREAMS, processor_sha_ni_avx, scan};
