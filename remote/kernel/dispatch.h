/* The instruction sets this program has code for. */
#ifndef CND_DISPATCH_H
#define CND_DISPATCH_H

#include "batch.h"

enum { MAX_ISAS = 8 };

/* Those that can run here, in order of age; returns how many. */
size_t dispatch_usable(const struct isa *usable[MAX_ISAS]);

#endif
