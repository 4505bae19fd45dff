/* Four streams of the SHA extensions: sha256rnds2 waits for four cycles, and where it starts every second cycle at best (Zen 5) a
 * block takes 64 cycles however it is arranged. */
#include "sha_ni.h"

#define STREAMS 4
#define GROUPS 2

#include "quads.h"
#include "processor.h"

const struct isa isa_sha_ni = {"sha-ni", STREAMS, processor_sha_ni, scan};
