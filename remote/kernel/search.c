#include "search.h"

#include "template.h"

/* A batch's place in the nonce space: `runs` runs (a lane each) of `step` nonces. */
struct place {
  uint64_t nonce;
  uint64_t step;
  unsigned level;
  unsigned runs;
};

static uint64_t power(unsigned base, unsigned exponent) {
  uint64_t result = 1;
  while (exponent--) result *= base;
  return result;
}

/* The next batch in nonce .. end-1: the longest runs that start on a multiple of their step and fill all lanes; at most
 * enough of them to reach a multiple of the next longer step, when that can then fill all lanes in turn. */
static struct place next_place(const struct template *t, unsigned lanes, uint64_t nonce, uint64_t end) {
  uint64_t left = end - nonce;
  unsigned level = t->levels;
  uint64_t step = power(t->base, level);
  while (level > 0 && (nonce % step != 0 || left / step < lanes)) {
    level--;
    step /= t->base;
  }
  uint64_t runs = left / step < lanes ? left / step : lanes;
  if (level < t->levels) {
    uint64_t longer = step * t->base;
    uint64_t until = longer - nonce % longer;
    if (nonce % longer != 0 && left > until && (left - until) / longer >= lanes && until / step < runs) runs = until / step;
  }
  return (struct place){nonce, step, level, (unsigned)runs};
}

/* Rechecks the candidates of a batch; scan found them by index, they are wanted by nonce. */
static void report(const struct search *s, struct place place, const struct found *found, size_t n) {
  uint8_t digest[32];
  for (unsigned lane = 0; lane < place.runs; lane++)
    for (size_t i = 0; i < n; i++) {
      if (!(found[i].lanes >> lane & 1)) continue;
      uint64_t nonce = place.nonce + lane * place.step + found[i].index;
      puzzle_digest(s->puzzle, nonce, digest);
      if (puzzle_golden(s->puzzle, digest))
        s->hit(nonce, digest);
      else if (puzzle_near(s->puzzle, digest))
        s->near(nonce);
    }
}

/* One past the last nonce, up to hi, for which t holds. */
static uint64_t template_end(const struct template *t, uint64_t hi) {
  /* Nonces of 64 bits have no more digits. */
  if (t->digits == 0 || t->digits == (t->base == 10 ? 20 : 16)) return hi;
  uint64_t end = power(t->base, t->digits);
  return end < hi ? end : hi;
}

void search_range(const struct search *s, uint64_t lo, uint64_t hi) {
  static struct template template;
  static struct batch batch;
  static struct found found[MAX_WALK];
  while (lo < hi) {
    template_prepare(&template, s->puzzle, lo, &batch);
    uint64_t end = template_end(&template, hi);
    while (lo < end) {
      struct place place = next_place(&template, s->isa->lanes, lo, end);
      template_lanes(&template, lo, place.level, place.runs, &batch);
      batch.count = (unsigned)place.step;
      report(s, place, found, s->isa->scan(&batch, found));
      s->pause();
      lo += place.runs * place.step;
    }
  }
}
