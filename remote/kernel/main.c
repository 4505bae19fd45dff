/* kernel: searches ranges of nonces, given on standard input, for golden ones. See README.md for the contract. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argument.h"
#include "fatal.h"
#include "dispatch.h"
#include "lifetime.h"
#include "line.h"
#include "search.h"
#include "timing.h"

#define KERNEL_VERSION "2"

static const char help[] =
    "usage: kernel --scheme hex-chain|sha256d|sha256 TEXT GOAL [--near BITS] [--isa NAME] [--seconds S]\n"
    "       kernel --scheme bitcoin --header HEX160 --target HEX64 [--near BITS] [--isa NAME] [--seconds S]\n"
    "       kernel --list [--scheme NAME] [--threads N]\n"
    "       kernel --version\n"
    "TEXT is --block-hex HEX, or --before-hex HEX --after-hex HEX --nonce decimal|hex.\n"
    "GOAL is --unit digits|bits|bits-lsb --difficulty D, or --prefix HEX, or --suffix HEX, or --digest HEX64.\n"
    "Reads lines `<lo> <hi>`, writes `hit <nonce> <digest>` for the golden nonces lo .. hi-1, then `done <lo> <hi>`.\n"
    "With --near also `near <nonce>` for those that are not golden and whose digest has BITS bits as the goal wants them.\n";

/* Output waits here for the end of the batch or range, so that many hits cost few system calls. */
static struct {
  size_t length;
  char text[1 << 16];
} output;

static void flush(void) {
  for (size_t at = 0; at < output.length;) {
    ssize_t n = write(STDOUT_FILENO, output.text + at, output.length - at);
    if (n >= 0) {
      at += (size_t)n;
    } else if (errno == EAGAIN) { /* whoever started us left the pipe non-blocking */
      struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
      poll(&out, 1, -1);
    } else if (errno != EINTR) {
      _exit(0); /* nobody reads: not an error of ours */
    }
  }
  output.length = 0;
}

static char *room(size_t bytes) {
  if (output.length + bytes > sizeof output.text) flush();
  return output.text + output.length;
}

static void write_hit(uint64_t nonce, const uint8_t digest[32]) {
  char *start = room(4 + MAX_DIGITS + 1 + 64 + 1), *at = start;
  memcpy(at, "hit ", 4);
  at += 4;
  at += digits_of(nonce, 10, at);
  *at++ = ' ';
  for (unsigned i = 0; i < 32; i++) {
    *at++ = "0123456789abcdef"[digest[i] >> 4];
    *at++ = "0123456789abcdef"[digest[i] & 15];
  }
  *at++ = '\n';
  output.length += (size_t)(at - start);
}

static void write_near(uint64_t nonce) {
  char *start = room(5 + MAX_DIGITS + 1), *at = start;
  memcpy(at, "near ", 5);
  at += 5;
  at += digits_of(nonce, 10, at);
  *at++ = '\n';
  output.length += (size_t)(at - start);
}

static void write_done(struct range range) {
  const size_t longest = 5 + MAX_DIGITS + 1 + MAX_DIGITS + 2;
  output.length += (size_t)snprintf(room(longest), longest, "done %" PRIu64 " %" PRIu64 "\n", range.lo, range.hi);
}

static void list(const struct puzzle *puzzle, unsigned threads) {
  struct timed timed[MAX_ISAS];
  size_t n = threads > 0 ? timing_run(puzzle, 0.15, threads, timed) : timing_skip(timed);
  for (size_t i = 0; i < n; i++) printf("%s %.0f\n", timed[i].isa->name, timed[i].rate);
}

static const struct isa *choose_isa(const char *name, const struct puzzle *puzzle) {
  if (!name) {
    struct timed timed[MAX_ISAS];
    timing_run(puzzle, 0.04, 1, timed);
    return timed[0].isa;
  }
  const struct isa *usable[MAX_ISAS];
  char names[100] = "";
  size_t n = dispatch_usable(usable);
  for (size_t i = 0; i < n; i++) {
    if (!strcmp(usable[i]->name, name)) return usable[i];
    strcat(strcat(names, i ? ", " : ""), usable[i]->name);
  }
  fatal("--isa %s: not available here, give one of %s", shown(name), names);
}

int main(int argc, char **argv) {
  static struct arguments arguments;
  arguments_parse(argc, argv, &arguments);
  switch (arguments.action) {
    case HELP: fputs(help, stdout); return 0;
    case VERSION: puts("cnd-kernel " KERNEL_VERSION); return 0;
    case LIST: list(&arguments.puzzle, arguments.threads); return 0;
    case SEARCH: break;
  }
  lifetime_start(arguments.seconds);
  const struct search search = {&arguments.puzzle, choose_isa(arguments.isa, &arguments.puzzle), write_hit,
                                write_near, flush};
  const uint64_t most = arguments.puzzle.scheme == BITCOIN ? (uint64_t)1 << 32 : UINT64_MAX;
  struct range range;
  while (line_read(&range, most)) {
    search_range(&search, range.lo, range.hi);
    write_done(range);
    flush();
  }
  return 0;
}
