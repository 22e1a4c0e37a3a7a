// What of the lines that are prefetched from memory is in the cache some microseconds later, by kind of
// prefetch.
//
//   cc -O1 testdata/bench/prefetch.c -o prefetch && ./prefetch
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <x86intrin.h>

enum { PAGE = 4096, LINE = 64, LINES = 2000 };
static const size_t size = (size_t)512 << 20;

static void wait_cycles(uint64_t n) {
  uint64_t from = __rdtsc();
  while (__rdtsc() - from < n) { }
}

static uint64_t cycles_of_load(volatile char *p) {
  unsigned aux;
  _mm_lfence();
  uint64_t from = __rdtsc();
  _mm_lfence();
  (void)*p;
  _mm_lfence();
  return __rdtscp(&aux) - from;
}

static void prefetch(int kind, const char *p) {
  switch (kind) {
  case 0: __asm__ volatile("prefetcht0 (%0)" ::"r"(p)); break;
  case 1: __asm__ volatile("prefetcht1 (%0)" ::"r"(p)); break;
  case 2: __asm__ volatile("prefetcht2 (%0)" ::"r"(p)); break;
  }
}

int main(void) {
  static const char *names[] = {"t0", "t1", "t2", "none"};
  char *a = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (a == MAP_FAILED) { perror("mmap"); return 1; }
  madvise(a, size, MADV_HUGEPAGE);
  for (size_t i = 0; i < size; i += PAGE) a[i] = 1;
  for (int kind = 0; kind < 4; kind++) {
    int there = 0;
    for (int i = 0; i < LINES; i++) {
      char *p = a + (size_t)rand() % (size / LINE) * LINE;
      prefetch(kind, p);
      wait_cycles(3000);
      there += cycles_of_load(p) < 200;
    }
    printf("%s %3.0f%%  ", names[kind], 100.0 * there / LINES);
  }
  printf("\n");
  return 0;
}
