#include "worker_child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "clock.hpp"
#include "session.hpp"
#include "surroundings.hpp"
#include "touches.hpp"
#include "wire.hpp"

namespace weightloom::host {
namespace {

constexpr int kReach = 100;

int orders_pipe = -1, parts_pipe = -1;

void limit(int resource, std::uint64_t value) {
  const rlimit both{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

void limit_memory(std::uint64_t bytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which reserve the whole address space
  limit(RLIMIT_AS, bytes);
  std::set_new_handler([] {
    std::set_new_handler(nullptr);
    limit(RLIMIT_AS, RLIM_INFINITY);
    send_message(parts_pipe, packed_exhaustion());
    ::_exit(1);
  });
#else
  (void)bytes;
#endif
}

void arrange_descriptors(const WorkerEnds& ends) {
  ::dup2(ends.prints, STDOUT_FILENO);
  ::dup2(ends.prints, STDERR_FILENO);
  orders_pipe = out_of_reach(ends.orders);
  parts_pipe = out_of_reach(ends.parts);
  ::close(ends.prints);
}

void go_there(const SessionRequest& request) {
  go_to(request.places.front());
  if (!request.observe) return;
  stop_clock(request.clock);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  note_touched();
}

}  // namespace

void WorkerEnds::close() const {
  for (const int end : {orders, parts, prints}) ::close(end);
}

int out_of_reach(int descriptor) {
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kReach);
  ::close(descriptor);
  return moved;
}

void close_others(int last) {
  ::close_range(STDERR_FILENO + 1, kReach - 1, 0);
  ::close_range(static_cast<unsigned>(last) + 1, ~0u, 0);
}

void belong_to(pid_t server) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != server) ::_exit(1);
  ::setpgid(0, 0);
}

void be_a_worker(const WorkerEnds& ends, const LoadedPlugin* loaded) {
  arrange_descriptors(ends);
  if (loaded == nullptr) close_others(std::max(orders_pipe, parts_pipe));
  limit(RLIMIT_CORE, 0);
  bool there = loaded != nullptr;
  while (const auto orders = receive_message(orders_pipe)) {
    const auto request = SessionRequest::unpacked(*orders);
    if (!request.stay) ::close(orders_pipe);
    if (!there) go_there(request);
    there = true;
    limit_memory(request.memory_limit);
    carry_out(
        request, [](const std::string& part) { send_message(parts_pipe, part); }, take_touched, loaded);
    // What the plugin leaves to be done at the end is looked at as well, where anybody looks.
    if (request.observe) std::exit(0);
    if (!request.stay) break;
  }
  ::_exit(0);
}

}  // namespace weightloom::host
