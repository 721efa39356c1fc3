#include "clock.hpp"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace weightloom::host {
namespace {

std::atomic<std::int64_t> ahead{0}, standing{0};

bool measures_work(clockid_t clock) {
  return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

int read_clock(clockid_t clock, timespec* out) {
  const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, clock, out));
  if (failed != 0 || measures_work(clock)) return failed;
  if (standing != 0) *out = {standing, 0};
  out->tv_sec += ahead;
  return 0;
}

}  // namespace

void set_clock_ahead(std::int64_t seconds) {
  ahead = seconds;
}
void stop_clock(std::int64_t seconds) {
  standing = seconds;
}

}  // namespace weightloom::host

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  return weightloom::host::read_clock(clock, out);
}

time_t time(time_t* out) noexcept {
  timespec now{};
  weightloom::host::read_clock(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  const int failed = weightloom::host::read_clock(CLOCK_REALTIME, &now);
  if (failed == 0) *out = {now.tv_sec, now.tv_nsec / 1000};
  return failed;
}

int timespec_get(timespec* out, int base) noexcept {
  return weightloom::host::read_clock(CLOCK_REALTIME, out) == 0 ? base : 0;
}

}  // extern "C"
