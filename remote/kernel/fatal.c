#include "fatal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One write, and no exit handlers after it: the time limit may strike at any moment, and must not tear the line. */
void fatal(const char *format, ...) {
  char line[1024] = "kernel: ";
  const size_t start = strlen(line), room = sizeof line - start - 1;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line + start, room, format, arguments);
  va_end(arguments);
  size_t end = start + (length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1);
  line[end++] = '\n';
  if (write(STDERR_FILENO, line, end) < 0) _exit(2); /* nobody to tell */
  _exit(2);
}

const char *shown(const char *value) {
  enum { LONGEST = 80 };
  static char copies[2][LONGEST + 4];
  static unsigned turn;
  char *copy = copies[turn++ % 2];
  size_t n = 0;
  for (; value[n] && n < LONGEST; n++) copy[n] = value[n] < ' ' || value[n] > '~' ? '?' : value[n];
  strcpy(copy + n, value[n] ? "..." : "");
  return copy;
}
