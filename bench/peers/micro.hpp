#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>

/// What the programs in C++ of bench/micro_bench.py have in common: `PROGRAM TASK N` does N operations and prints the
/// CPU time of each in nanoseconds, and where memory is what counts, the bytes of each.
namespace micro {

/// CPU time of all threads, in nanoseconds.
inline double cpu_time() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// What the process holds in memory, in bytes.
inline double memory() {
  double size = 0;
  double resident = 0;
  std::ifstream{"/proc/self/statm"} >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// What a task has measured in all.
struct measured {
  double nanoseconds = 0;
  double bytes = -1;
};

/// Counts CPU time from its construction on.
class stopwatch {
 public:
  measured stop() const { return {.nanoseconds = cpu_time() - begin_}; }

 private:
  double begin_ = cpu_time();
};

/// Runs a task: once to warm up, unless it is about memory, and once more.
/// @param run runs the task of that name, or gives something negative if there is none.
inline int main(int argc, char** argv, measured (*run)(const std::string& task, long n)) {
  const long n = argc == 3 ? std::atol(argv[2]) : 0;
  if (n < 1) {
    std::fprintf(stderr, "usage: %s TASK N\n", argv[0]);
    return 2;
  }
  const std::string task = argv[1];
  const bool about_memory = task == "sleeping" || task == "armed_timers";
  if (!about_memory) run(task, n);
  const measured all = run(task, n);
  if (all.nanoseconds < 0) {
    std::fprintf(stderr, "%s: no task %s\n", argv[0], argv[1]);
    return 3;
  }
  std::printf("%.3f", all.nanoseconds / static_cast<double>(n));
  if (all.bytes >= 0) std::printf(" %.1f", all.bytes / static_cast<double>(n));
  std::printf("\n");
  std::fflush(stdout);
  std::_Exit(0);  // what still sleeps is not waited for
}

/// Keeps the compiler from leaving out what computes `value`.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace micro
