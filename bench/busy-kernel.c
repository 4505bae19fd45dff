// A kernel that searches as a plain C one does, and says of nothing that it is golden until it is asked to: the first one that
// finds the file `hit` beside itself takes it, finds the next golden nonce (hex-chain, at least one zero digit), and notes
// the time in `found`, in nanoseconds since the epoch. While it lives it holds `alive`, a FIFO, open. For bench/run.mjs.
//
//   cc -O2 -I remote/kernel -o kernel bench/busy-kernel.c remote/kernel/sha256.c
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sha256.h"

static uint8_t block[4096];
static size_t length;

static void hash(const uint8_t *text, size_t size, uint8_t digest[32]) {
  uint32_t chain[8];
  size_t whole = size / 64 * 64;
  memcpy(chain, sha256_iv, sizeof chain);
  for (size_t at = 0; at < whole; at += 64) sha256_block(chain, text + at);
  sha256_finish(chain, whole, text + whole, size - whole, digest);
}

static void hex(const uint8_t digest[32], char text[65]) {
  for (int at = 0; at < 32; at++) sprintf(text + 2 * at, "%02x", digest[at]);
}

static void digest_of(uint64_t nonce, uint8_t digest[32]) {
  static const char digits[] = "0123456789abcdef";
  static uint8_t text[sizeof block + 32];
  int size = sprintf((char *)text, "%" PRIu64, nonce);
  memcpy(text + size, block, length);
  uint8_t inner[64];
  hash(text, (size_t)size + length, digest);
  for (int at = 0; at < 32; at++) {
    inner[2 * at] = (uint8_t)digits[digest[at] >> 4];
    inner[2 * at + 1] = (uint8_t)digits[digest[at] & 15];
  }
  hash(inner, 64, digest);
}

static void note_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  FILE *file = fopen("found.new", "w");
  if (!file) exit(1);
  fprintf(file, "%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
  fclose(file);
  rename("found.new", "found");
}

int main(int count, char **arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char *slash = strrchr(arguments[0], '/');
  if (!slash) return 2;
  *slash = 0;
  for (int at = 1; at + 1 < count; at++)
    if (!strcmp(arguments[at], "--block-hex"))
      for (const char *text = arguments[at + 1]; text[0] && text[1]; text += 2) {
        char pair[3] = {text[0], text[1], 0};
        block[length++] = (uint8_t)strtoul(pair, 0, 16);
      }
  if (chdir(arguments[0]) || open("alive", O_WRONLY) < 0) return 2;
  setvbuf(stdout, 0, _IOLBF, 0);
  char line[128];
  int mine = 0;
  while (fgets(line, sizeof line, stdin)) {
    uint64_t lo, hi;
    if (sscanf(line, "%" SCNu64 " %" SCNu64, &lo, &hi) != 2) return 2;
    for (uint64_t nonce = lo; nonce < hi; nonce++) {
      uint8_t digest[32];
      digest_of(nonce, digest);
      if (!mine && (nonce == lo || (nonce & 511) == 0)) mine = !rename("hit", "hit.taken");
      if (mine != 1 || digest[0] >> 4) continue;
      mine = 2;
      char text[65];
      hex(digest, text);
      note_time();
      printf("hit %" PRIu64 " %s\n", nonce, text);
    }
    printf("done %" PRIu64 " %" PRIu64 "\n", lo, hi);
  }
  return 0;
}
