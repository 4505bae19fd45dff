#define _GNU_SOURCE
#include "timing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "search.h"

/* Ten digits, as most nonces of the default space, and a stretch any scheme's nonces have. */
static const uint64_t from = 2000000000;

enum { MAX_HELPERS = 1023, ROUNDS = 3 };

static double clock_of(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void ignore(uint64_t nonce, const uint8_t digest[32]) {
  (void)nonce;
  (void)digest;
}

static void ignore_near(uint64_t nonce) { (void)nonce; }

static void carry_on(void) {}

/* The best of several samples within a time, of which there is at least one: what disturbs a measurement only ever slows it.
 * By this thread's processor time, so that others on a busy core do not count; wall-clock time would choose at random there.
 * What shares the core's units with it, the other hyper-thread, does count. */
static double rate(const struct puzzle *puzzle, const struct isa *isa, double seconds) {
  struct puzzle hopeless = *puzzle;
  hopeless.test_mask = 0xffffffff;
  const struct search search = {&hopeless, isa, ignore, ignore_near, carry_on};
  const double end = clock_of(CLOCK_MONOTONIC) + seconds;
  double best = 0;
  uint64_t count = isa->lanes;
  do {
    double before = clock_of(CLOCK_THREAD_CPUTIME_ID);
    search_range(&search, from, from + count);
    double took = clock_of(CLOCK_THREAD_CPUTIME_ID) - before;
    if ((double)count > best * took) best = (double)count / took;
    if (took < seconds / 8) count *= 2;
  } while (clock_of(CLOCK_MONOTONIC) < end);
  return best;
}

/* A process for each further thread, since a search keeps its state in static memory. */
struct helper {
  pid_t pid;
  int orders, answers;
};

struct task {
  const struct isa *isa;
  double seconds;
};

static struct {
  size_t count;
  struct helper helper[MAX_HELPERS];
} helpers;

static unsigned processors(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : (unsigned)online;
}

/* Obeys until there are no more orders, as when the process that gives them has died. */
static _Noreturn void help(const struct puzzle *puzzle, struct helper own) {
  struct task task;
  while (read(own.orders, &task, sizeof task) == sizeof task) {
    double answer = rate(puzzle, task.isa, task.seconds);
    if (write(own.answers, &answer, sizeof answer) != sizeof answer) break;
  }
  _exit(0);
}

/* Where the system allows fewer processes, fewer are timed at once. */
static void start_helpers(const struct puzzle *puzzle, unsigned wanted) {
  if (wanted > 0) signal(SIGPIPE, SIG_IGN); /* a helper that was killed ends its timing, not this process */
  while (helpers.count < wanted && helpers.count < MAX_HELPERS) {
    int orders[2], answers[2];
    if (pipe(orders)) return;
    if (pipe(answers)) {
      close(orders[0]);
      close(orders[1]);
      return;
    }
    pid_t pid = fork();
    if (pid == 0) {
      close(orders[1]);
      close(answers[0]);
      for (size_t i = 0; i < helpers.count; i++) close(helpers.helper[i].orders);
      help(puzzle, (struct helper){0, orders[0], answers[1]});
    }
    close(orders[0]);
    close(answers[1]);
    if (pid < 0) {
      close(orders[1]);
      close(answers[0]);
      return;
    }
    helpers.helper[helpers.count++] = (struct helper){pid, orders[1], answers[0]};
  }
}

static void end_helpers(void) {
  for (size_t i = 0; i < helpers.count; i++) {
    kill(helpers.helper[i].pid, SIGKILL);
    close(helpers.helper[i].orders);
    close(helpers.helper[i].answers);
  }
  while (helpers.count > 0)
    if (waitpid(helpers.helper[helpers.count - 1].pid, NULL, 0) >= 0 || errno != EINTR) helpers.count--;
}

/* The answer of a helper, or negative when none comes by the end. */
static double answer_of(const struct helper *helper, double end) {
  double left = end - clock_of(CLOCK_MONOTONIC), answer;
  struct pollfd in = {.fd = helper->answers, .events = POLLIN};
  if (poll(&in, 1, left > 0 ? (int)(1000 * left) + 1 : 0) != 1) return -1;
  return read(helper->answers, &answer, sizeof answer) == sizeof answer ? answer : -1;
}

/* The mean rate of all threads while they search with an instruction set at once, or negative when the end comes first. */
static double rate_together(const struct puzzle *puzzle, const struct isa *isa, double seconds, double end) {
  const struct task task = {isa, seconds};
  for (size_t i = 0; i < helpers.count; i++)
    if (write(helpers.helper[i].orders, &task, sizeof task) != sizeof task) return -1;
  double sum = rate(puzzle, isa, seconds);
  for (size_t i = 0; i < helpers.count; i++) {
    double answer = answer_of(&helpers.helper[i], end);
    if (answer < 0) return -1;
    sum += answer;
  }
  return sum / (double)(helpers.count + 1);
}

static int faster(const void *a, const void *b) {
  const struct timed *x = a, *y = b;
  return (x->rate < y->rate) - (x->rate > y->rate);
}

size_t timing_skip(struct timed timed[MAX_ISAS]) {
  const struct isa *usable[MAX_ISAS];
  const size_t n = dispatch_usable(usable);
  for (size_t i = 0; i < n; i++) timed[i] = (struct timed){usable[i], 0};
  return n;
}

size_t timing_run(const struct puzzle *puzzle, double seconds, unsigned threads, struct timed timed[MAX_ISAS]) {
  const struct isa *usable[MAX_ISAS];
  const size_t n = dispatch_usable(usable);
  const double end = clock_of(CLOCK_MONOTONIC) + 2 * seconds;
  const unsigned most = threads > 1 ? processors() : 1;
  start_helpers(puzzle, (threads < most ? threads : most) - 1);
  /* Two glances at each, by this thread alone; then those that may be the fastest take turns, so that what disturbs one for a
   * moment disturbs the others as well. */
  for (size_t i = 0; i < n; i++) timed[i] = (struct timed){usable[i], 0};
  for (unsigned glance = 0; glance < 2; glance++)
    for (size_t i = 0; i < n; i++) {
      double alone = rate(puzzle, usable[i], seconds / 8 / (double)n);
      if (alone > timed[i].rate) timed[i].rate = alone;
    }
  qsort(timed, n, sizeof *timed, faster);
  size_t close = 1;
  while (close < n && timed[close].rate > 0.6 * timed[0].rate) close++;
  double together[MAX_ISAS] = {0};
  for (unsigned round = 0, late = 0; round < ROUNDS && !late; round++)
    for (size_t i = 0; i < close && !late; i++) {
      double mean = rate_together(puzzle, timed[i].isa, 0.75 * seconds / ROUNDS / (double)close, end);
      if (mean > together[i]) together[i] = mean;
      late = mean < 0 || clock_of(CLOCK_MONOTONIC) > end;
    }
  end_helpers();
  /* The others were timed alone: as much slower as the fastest of those is beside its like. */
  const double share = together[0] > 0 ? together[0] / timed[0].rate : 1;
  for (size_t i = 0; i < n; i++) timed[i].rate = i < close && together[i] > 0 ? together[i] : timed[i].rate * share;
  qsort(timed, n, sizeof *timed, faster);
  return n;
}
