#include "argument.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "sha256.h"

/* What was given, before it is known what it has to mean. */
struct given {
  const char *scheme, *block, *header, *unit, *difficulty, *target, *near, *isa, *seconds;
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
  if (!strcmp(text, "bitcoin")) return BITCOIN;
  fatal("--scheme %s: unknown, give hex-chain, sha256d or bitcoin", shown(text));
}

static enum unit parse_unit(const char *text) {
  if (!strcmp(text, "digits")) return DIGITS;
  if (!strcmp(text, "bits")) return BITS;
  if (!strcmp(text, "bits-lsb")) return BITS_LSB;
  fatal("--unit %s: unknown, give digits, bits or bits-lsb", shown(text));
}

static unsigned parse_zeros(const char *name, const char *text, unsigned most) {
  size_t length = strlen(text);
  unsigned value = 0;
  int good = length >= 1 && length <= 3;
  for (size_t i = 0; good && i < length; i++) {
    good = text[i] >= '0' && text[i] <= '9';
    value = 10 * value + (unsigned)(text[i] - '0');
  }
  if (!good || value > most) fatal("%s %s: give a whole number from 0 to %u", name, shown(text), most);
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
      {"--scheme", &given->scheme}, {"--block-hex", &given->block},       {"--header", &given->header},
      {"--unit", &given->unit},     {"--difficulty", &given->difficulty}, {"--target", &given->target},
      {"--near", &given->near},     {"--isa", &given->isa},               {"--seconds", &given->seconds},
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

static void parse_puzzle(const struct given *given, struct puzzle *p) {
  const char *scheme = need("--scheme", given->scheme, "hex-chain, sha256d or bitcoin");
  p->scheme = parse_scheme(scheme);
  if (p->scheme == BITCOIN) {
    refuse("--block-hex", given->block, scheme);
    refuse("--unit", given->unit, scheme);
    refuse("--difficulty", given->difficulty, scheme);
    parse_exactly("--header", need("--header", given->header, scheme), p->block, HEADER);
    parse_exactly("--target", need("--target", given->target, scheme), p->target, sizeof p->target);
    p->length = HEADER;
  } else {
    refuse("--header", given->header, scheme);
    refuse("--target", given->target, scheme);
    p->length = parse_hex("--block-hex", need("--block-hex", given->block, scheme), p->block, MAX_BLOCK);
    p->unit = parse_unit(need("--unit", given->unit, scheme));
    const unsigned most = p->unit == DIGITS ? 64 : 256;
    p->difficulty = parse_zeros("--difficulty", need("--difficulty", given->difficulty, scheme), most);
  }
  p->near = given->near ? (int)parse_zeros("--near", given->near, 256) : -1;
  puzzle_prepare(p);
}

/* What --list times: the default block, a difficulty nothing meets. */
static void example_puzzle(const struct given *given, struct puzzle *p) {
  p->scheme = given->scheme ? parse_scheme(given->scheme) : HEX_CHAIN;
  p->unit = DIGITS;
  p->difficulty = 64;
  p->near = -1;
  p->length = p->scheme == BITCOIN ? HEADER : strlen("COMSM0010cloud");
  if (p->scheme != BITCOIN) memcpy(p->block, "COMSM0010cloud", p->length);
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
  if (out->action == SEARCH) parse_puzzle(&given, &out->puzzle);
  if (out->action == LIST) {
    if (given.block || given.header || given.unit || given.difficulty || given.target || given.near || given.isa)
      fatal("--list: takes --scheme only, leave out the rest");
    example_puzzle(&given, &out->puzzle);
  }
}
