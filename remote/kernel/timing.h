/* Which of the instruction sets is the fastest here, by trying them. */
#ifndef CND_TIMING_H
#define CND_TIMING_H

#include "dispatch.h"

struct timed {
  const struct isa *isa;
  double rate; /* nonces per second of one thread, while all of them search with it */
};

/* Times the instruction sets that can run here on a puzzle, each on `threads` threads at once (at most as many as there are
 * processors for this process), in about `seconds` altogether and in no case twice that; fastest first. Returns how many. */
size_t timing_run(const struct puzzle *puzzle, double seconds, unsigned threads, struct timed timed[MAX_ISAS]);

/* The same without trying any, for a machine that is too busy for it: each with the rate 0, in the order of `dispatch_usable`. */
size_t timing_skip(struct timed timed[MAX_ISAS]);

#endif
