/* The instruction sets this program has code for, and which of them to use here. */
#ifndef CND_DISPATCH_H
#define CND_DISPATCH_H

#include "batch.h"

enum { MAX_ISAS = 8 };

struct timed {
  const struct isa *isa;
  double rate; /* nonces per second */
};

/* Those that can run here, in order of age; returns how many. */
size_t dispatch_usable(const struct isa *usable[MAX_ISAS]);

/* Times those that can run here on a puzzle for `seconds` altogether, fastest first. */
size_t dispatch_time(const struct puzzle *puzzle, double seconds, struct timed timed[MAX_ISAS]);

#endif
