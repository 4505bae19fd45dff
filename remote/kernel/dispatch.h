/* The instruction sets this program has code for. */
#ifndef CND_DISPATCH_H
#define CND_DISPATCH_H

#include "batch.h"

enum { MAX_ISAS = 9 };

/* Those that can run here, first those that are faster on most processors; returns how many. */
size_t dispatch_usable(const struct isa *usable[MAX_ISAS]);

#endif
