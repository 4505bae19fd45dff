/* The message that all nonces of one length share, with a place for their digits. */
#ifndef CND_TEMPLATE_H
#define CND_TEMPLATE_H

#include "batch.h"

struct template {
  const struct puzzle *puzzle;
  unsigned digits;       /* length of the nonces this is for; for a header, 0 */
  unsigned base;         /* of the nonce's digits: 10 or 16; a header's nonce is a number and not text */
  unsigned levels;       /* at most this many low digits are walked */
  uint32_t walk[MAX_WALK];
  struct tail tail;
  /* Text: the digits lie in text[start .. start + digits), in the first block or across two. */
  uint8_t text[128];
  unsigned start;
  unsigned block;        /* which of text's blocks holds the last digit: its batches are about this one */
  unsigned first_word;   /* first word of that block with digits in it */
  uint32_t head[8];      /* the chaining value before that block */
  int head_valid;
};

/* Makes the template for the length of `nonce`, and what does not change in its batches. */
void template_prepare(struct template *t, const struct puzzle *p, uint64_t nonce, struct batch *batch);

/* Points lanes at the runs of step = base^level nonces that start at nonce, nonce + step, ... */
void template_lanes(struct template *t, uint64_t nonce, unsigned level, unsigned lanes, struct batch *batch);

#endif
