/* The ranges on standard input. */
#ifndef CND_LINE_H
#define CND_LINE_H

#include <stdint.h>

struct range {
  uint64_t lo, hi; /* lo inclusive, hi exclusive */
};

/* Reads the next line, whose numbers may be up to `most`; returns 0 at the end of input. Prints an error and exits on a bad line. */
int line_read(struct range *range, uint64_t most);

#endif
