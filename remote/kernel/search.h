/* Searches a range of nonces: cuts it into batches, has an instruction set scan them, rechecks what that finds. */
#ifndef CND_SEARCH_H
#define CND_SEARCH_H

#include "batch.h"

struct search {
  const struct puzzle *puzzle;
  const struct isa *isa;
  void (*hit)(uint64_t nonce, const uint8_t digest[32]); /* every golden nonce, ascending */
  void (*near)(uint64_t nonce); /* in the same order, every near-hit that is not golden */
  void (*pause)(void); /* after every batch, so at least every few milliseconds */
};

/* lo inclusive, hi exclusive. */
void search_range(const struct search *search, uint64_t lo, uint64_t hi);

#endif
