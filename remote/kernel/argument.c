#include "argument.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "sha256.h"

/* What was given, before it is known what it has to mean. */
struct given {
  const char *scheme, *block, *before, *after, *nonce, *header, *unit, *difficulty, *prefix, *suffix, *digest, *target, *near,
      *isa, *seconds, *threads;
};

static int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Bytes of hexadecimal text into out, at most `limit`; returns how many. */
static size_t parse_hex(const char *name, const char *text, uint8_t *out, size_t limit) {
  size_t digits = strlen(text);
  for (size_t i = 0; i < digits; i++)
    if (nibble(text[i]) < 0) fatal("%s %s: not hexadecimal, give pairs of 0-9a-f", name, shown(text));
  if (digits % 2) fatal("%s: %zu hexadecimal digits, an odd number; give two a byte", name, digits);
  if (digits / 2 > limit) fatal("%s: %zu bytes, give at most %zu", name, digits / 2, limit);
  for (size_t i = 0; i < digits / 2; i++) out[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
  return digits / 2;
}

static void parse_exactly(const char *name, const char *text, uint8_t *out, size_t bytes) {
  size_t digits = strlen(text);
  if (digits != 2 * bytes) fatal("%s: %zu hexadecimal digits, give %zu", name, digits, 2 * bytes);
  parse_hex(name, text, out, bytes);
}

static enum scheme parse_scheme(const char *text) {
  if (!strcmp(text, "hex-chain")) return HEX_CHAIN;
  if (!strcmp(text, "sha256d")) return SHA256D;
  if (!strcmp(text, "sha256")) return SHA256;
  if (!strcmp(text, "bitcoin")) return BITCOIN;
  fatal("--scheme %s: unknown, give hex-chain, sha256d, sha256 or bitcoin", shown(text));
}

static unsigned parse_whole(const char *name, const char *text, unsigned least, unsigned most) {
  size_t length = strlen(text);
  unsigned value = 0;
  int good = length >= 1 && length <= 4;
  for (size_t i = 0; good && i < length; i++) {
    good = text[i] >= '0' && text[i] <= '9';
    value = 10 * value + (unsigned)(text[i] - '0');
  }
  if (!good || value < least || value > most)
    fatal("%s %s: give a whole number from %u to %u", name, shown(text), least, most);
  return value;
}

/* A decimal fraction; strtod would take "nan", "0x1p4", " 3" and the locale's comma. */
static double parse_seconds(const char *text) {
  const double most = 1e9;
  double value = 0, place = 1;
  int digits = 0, points = 0;
  for (const char *c = text; *c; c++) {
    if (*c == '.' && points++ == 0) continue;
    if (*c < '0' || *c > '9' || ++digits > 30) fatal("--seconds %s: give a decimal number, as 12 or 0.5", shown(text));
    if (points)
      value += (*c - '0') * (place /= 10);
    else
      value = 10 * value + (*c - '0');
  }
  if (digits == 0 || value > most) fatal("--seconds %s: give a decimal number from 0 to 1000000000", shown(text));
  return value;
}

/* The field of `given` that an option fills, or NULL. */
static const char **field(struct given *given, const char *option) {
  const struct {
    const char *name;
    const char **value;
  } fields[] = {
      {"--scheme", &given->scheme},   {"--block-hex", &given->block},       {"--before-hex", &given->before},
      {"--after-hex", &given->after}, {"--nonce", &given->nonce},           {"--header", &given->header},
      {"--unit", &given->unit},       {"--difficulty", &given->difficulty}, {"--prefix", &given->prefix},
      {"--suffix", &given->suffix},   {"--digest", &given->digest},         {"--target", &given->target},
      {"--near", &given->near},       {"--isa", &given->isa},               {"--seconds", &given->seconds},
      {"--threads", &given->threads},
  };
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!strcmp(option, fields[i].name)) return fields[i].value;
  return NULL;
}

static void refuse(const char *name, const char *value, const char *scheme) {
  if (value) fatal("%s: has no meaning for scheme %s, leave it out", name, scheme);
}

static const char *need(const char *name, const char *value, const char *scheme) {
  if (!value) fatal("%s: missing, scheme %s needs it (see --help)", name, scheme);
  return value;
}

/* The text around the nonce: a block, which hex-chain has after it and the others before, or both parts as they are. */
static void parse_text(const struct given *given, struct puzzle *p) {
  const char *scheme = given->scheme;
  p->base = 10;
  if (!given->before && !given->after && !given->nonce) {
    p->length = parse_hex("--block-hex", need("--block-hex", given->block, scheme), p->text, MAX_BLOCK);
    p->before = p->scheme == HEX_CHAIN ? 0 : p->length;
    return;
  }
  if (given->block) fatal("--block-hex: leave it out, or leave out --before-hex, --after-hex and --nonce");
  p->before = parse_hex("--before-hex", need("--before-hex", given->before, scheme), p->text, MAX_BLOCK);
  p->length = p->before + parse_hex("--after-hex", need("--after-hex", given->after, scheme), p->text + p->before,
                                    MAX_BLOCK - p->before);
  const char *nonce = need("--nonce", given->nonce, scheme);
  if (!strcmp(nonce, "hex"))
    p->base = 16;
  else if (strcmp(nonce, "decimal"))
    fatal("--nonce %s: unknown, give decimal or hex", shown(nonce));
}

static void parse_zeros_goal(const struct given *given, struct puzzle *p) {
  const char *unit = need("--unit", given->unit, given->scheme);
  const int digits = !strcmp(unit, "digits"), least = !strcmp(unit, "bits-lsb");
  if (!digits && !least && strcmp(unit, "bits")) fatal("--unit %s: unknown, give digits, bits or bits-lsb", shown(unit));
  p->order = least ? BITS_LSB : BITS;
  p->bits = parse_whole("--difficulty", need("--difficulty", given->difficulty, given->scheme), 0, digits ? 64 : 256);
  if (digits) p->bits *= 4;
}

/* Hexadecimal digits, from one to all of a digest, that it has at its start or end. */
static void parse_pattern(const char *name, const char *text, size_t least, struct puzzle *p) {
  const size_t digits = strlen(text);
  for (size_t i = 0; i < digits; i++)
    if (nibble(text[i]) < 0) fatal("%s %s: not hexadecimal, give digits of 0-9a-f", name, shown(text));
  if (digits < least || digits > 2 * DIGEST)
    fatal("%s: %zu hexadecimal digits, give %s64", name, digits, least == 1 ? "1 to " : "");
  const size_t skipped = p->order == LAST ? 2 * DIGEST - digits : 0;
  for (size_t i = 0; i < digits; i++)
    p->wanted[(skipped + i) / 2] |= (uint8_t)(nibble(text[i]) << ((skipped + i) % 2 ? 0 : 4));
  p->bits = 4 * (unsigned)digits;
}

/* Exactly one goal. */
static void parse_goal(const struct given *given, struct puzzle *p) {
  const struct {
    const char *name, *value;
    size_t least;
    enum order order;
  } patterns[] = {{"--prefix", given->prefix, 1, BITS},
                  {"--suffix", given->suffix, 1, LAST},
                  {"--digest", given->digest, 2 * DIGEST, BITS}};
  const char *chosen = given->difficulty ? "--difficulty" : NULL;
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    if (!patterns[i].value) continue;
    if (chosen) fatal("%s: give it or %s, not both", patterns[i].name, chosen);
    if (given->unit) fatal("--unit: has no meaning with %s, leave it out", patterns[i].name);
    chosen = patterns[i].name;
    p->order = patterns[i].order;
    parse_pattern(patterns[i].name, patterns[i].value, patterns[i].least, p);
  }
  if (!chosen || given->difficulty) parse_zeros_goal(given, p);
}

static void parse_puzzle(const struct given *given, struct puzzle *p) {
  const char *scheme = need("--scheme", given->scheme, "hex-chain, sha256d, sha256 or bitcoin");
  p->scheme = parse_scheme(scheme);
  if (p->scheme == BITCOIN) {
    refuse("--block-hex", given->block, scheme);
    refuse("--before-hex", given->before, scheme);
    refuse("--after-hex", given->after, scheme);
    refuse("--nonce", given->nonce, scheme);
    refuse("--unit", given->unit, scheme);
    refuse("--difficulty", given->difficulty, scheme);
    refuse("--prefix", given->prefix, scheme);
    refuse("--suffix", given->suffix, scheme);
    refuse("--digest", given->digest, scheme);
    parse_exactly("--header", need("--header", given->header, scheme), p->text, HEADER);
    parse_exactly("--target", need("--target", given->target, scheme), p->target, sizeof p->target);
    p->length = HEADER;
    p->before = HEADER - 4;
    p->base = 16;
  } else {
    refuse("--header", given->header, scheme);
    refuse("--target", given->target, scheme);
    parse_text(given, p);
    parse_goal(given, p);
  }
  p->near = given->near ? (int)parse_whole("--near", given->near, 0, 256) : -1;
  puzzle_prepare(p);
}

/* What --list times: the default block, a difficulty nothing meets. */
static void example_puzzle(const struct given *given, struct puzzle *p) {
  static const char block[] = "COMSM0010cloud";
  p->scheme = given->scheme ? parse_scheme(given->scheme) : HEX_CHAIN;
  p->bits = 256;
  p->near = -1;
  p->length = p->scheme == BITCOIN ? HEADER : strlen(block);
  p->before = p->scheme == BITCOIN ? HEADER - 4 : p->scheme == HEX_CHAIN ? 0 : p->length;
  p->base = p->scheme == BITCOIN ? 16 : 10;
  if (p->scheme != BITCOIN) memcpy(p->text, block, p->length);
  puzzle_prepare(p);
}

void arguments_parse(int argc, char **argv, struct arguments *out) {
  struct given given = {0};
  memset(out, 0, sizeof *out);
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--list")) {
      out->action = LIST;
    } else if (!strcmp(argv[i], "--version")) {
      out->action = VERSION;
    } else if (!strcmp(argv[i], "--help")) {
      out->action = HELP;
    } else {
      const char **value = field(&given, argv[i]);
      if (!value) fatal("%s: unknown argument (see --help)", shown(argv[i]));
      if (*value) fatal("%s: given twice, give it once", argv[i]);
      if (i + 1 == argc) fatal("%s: its value is missing", argv[i]);
      *value = argv[++i];
    }
  }
  out->isa = given.isa;
  out->seconds = given.seconds ? parse_seconds(given.seconds) : -1;
  out->threads = given.threads ? parse_whole("--threads", given.threads, 0, 1024) : 1;
  if (out->action != LIST && given.threads) fatal("--threads: has a meaning with --list only, leave it out");
  if (out->action == SEARCH) parse_puzzle(&given, &out->puzzle);
  if (out->action == LIST) {
    struct given rest = given;
    rest.scheme = rest.seconds = rest.threads = NULL;
    if (memcmp(&rest, &(struct given){0}, sizeof rest)) fatal("--list: takes --scheme and --threads, leave out the rest");
    example_puzzle(&given, &out->puzzle);
  }
}
