/* The command line. */
#ifndef CND_ARGUMENT_H
#define CND_ARGUMENT_H

#include "puzzle.h"

enum action { SEARCH, LIST, VERSION, HELP };

struct arguments {
  enum action action;
  struct puzzle puzzle; /* prepared */
  const char *isa;      /* or NULL: the fastest */
  double seconds;       /* or negative: no limit */
  unsigned threads;     /* that --list times at once */
};

/* Prints an error and exits when they are invalid. */
void arguments_parse(int argc, char **argv, struct arguments *out);

#endif
