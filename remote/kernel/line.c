#include "line.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"

enum { LONGEST = 64 }; /* two numbers of 20 digits take 41 */

/* One byte of standard input, or -1 at its end. Not stdio's: that reads a file or pipe to fill 4096 bytes or more, and
 * nothing here needs its locks. */
static int next_byte(void) {
  static char buffer[4096];
  static size_t at, end;
  if (at == end) {
    ssize_t n;
    do n = read(STDIN_FILENO, buffer, sizeof buffer);
    while (n < 0 && errno == EINTR);
    if (n < 0) fatal("standard input: %s", strerror(errno));
    if (n == 0) return -1;
    at = 0;
    end = (size_t)n;
  }
  return (unsigned char)buffer[at++];
}

/* The number at *text, which is moved past it. */
static uint64_t number(const char **text, const char *line, const char *name, uint64_t most) {
  const char *start = *text;
  uint64_t value = 0;
  for (; **text >= '0' && **text <= '9'; ++*text) {
    uint64_t digit = (uint64_t)(**text - '0');
    if (value > (most - digit) / 10) fatal("line \"%s\": %s is over %" PRIu64, shown(line), name, most);
    value = 10 * value + digit;
  }
  if (*text == start) fatal("line \"%s\": %s is not a number, give \"<lo> <hi>\" in decimal", shown(line), name);
  return value;
}

int line_read(struct range *range, uint64_t most) {
  char line[LONGEST + 1];
  size_t length = 0;
  int byte;
  while ((byte = next_byte()) >= 0 && byte != '\n') {
    /* A NUL would end the line early for what follows, and make a bad line look good. */
    line[length++] = byte == 0 ? '?' : (char)byte;
    if (length == LONGEST) {
      line[length] = 0;
      fatal("line \"%s...\": too long, give \"<lo> <hi>\" in decimal", shown(line));
    }
  }
  if (byte < 0 && length == 0) return 0;
  line[length] = 0;
  const char *text = line;
  range->lo = number(&text, line, "lo", most);
  if (*text++ != ' ') fatal("line \"%s\": no single space after lo, give \"<lo> <hi>\" in decimal", shown(line));
  range->hi = number(&text, line, "hi", most);
  if (*text) fatal("line \"%s\": more than two numbers, give \"<lo> <hi>\" in decimal", shown(line));
  if (range->lo > range->hi) fatal("line \"%s\": lo is over hi, give the lower one first", shown(line));
  return 1;
}
