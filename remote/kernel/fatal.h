/* What is wrong, in one line: the thing, what was found, what to do about it. Ends the program with exit code 2. */
#ifndef CND_FATAL_H
#define CND_FATAL_H

__attribute__((noreturn, format(printf, 1, 2))) void fatal(const char *format, ...);

/* A value as far as it is printable and short, so that an error message stays one line; two can be in use at once. */
const char *shown(const char *value);

#endif
