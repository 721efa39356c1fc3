#include "worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "clock.hpp"
#include "surroundings.hpp"
#include "touches.hpp"
#include "wire.hpp"

namespace weightloom::host {
namespace {

constexpr std::size_t kMostPrintedKept = 2048;
constexpr std::uint64_t kMostPrinted = 16u << 20;
constexpr std::uint64_t kMostParts = 300u << 20;

int orders_pipe = -1, parts_pipe = -1;  // in the child

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

// Descriptors that the plugin can use by accident lead nowhere.
void arrange_descriptors(int orders, int parts, int prints) {
  ::dup2(prints, STDOUT_FILENO);
  ::dup2(prints, STDERR_FILENO);
  orders_pipe = ::fcntl(orders, F_DUPFD, 100);
  parts_pipe = ::fcntl(parts, F_DUPFD, 100);
  ::close_range(3, 99, 0);
  ::close_range(static_cast<unsigned>(parts_pipe) + 1, ~0u, 0);
}

[[noreturn]] void work() {
  limit(RLIMIT_CORE, 0);
  const auto orders = receive_message(orders_pipe);
  if (!orders) ::_exit(0);
  ::close(orders_pipe);
  const auto request = SessionRequest::unpacked(*orders);
  go_to(request.places.front());
  if (request.observe) {
    stop_clock(request.clock);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    note_touched();
  }
  limit_memory(request.memory_limit);
  carry_out(
      request, [](const std::string& part) { send_message(parts_pipe, part); }, take_touched);
  // What the plugin leaves to be done at the end is looked at as well, where anybody looks.
  request.observe ? std::exit(0) : ::_exit(0);
}

// The last part is there.
bool is_complete(std::string_view parts) {
  Transcript transcript;
  add_parts(transcript, parts);
  return transcript.complete;
}

struct Pipe {
  int out = -1, in = -1;
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) out = ends[0], in = ends[1];
  }
};

}  // namespace

Worker::Worker(int server_socket) {
  const Pipe orders, parts, prints;
  const auto server = ::getpid();
  process_ = prints.in < 0 ? -1 : ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != server) ::_exit(1);
    ::setpgid(0, 0);
    ::close(server_socket);
    arrange_descriptors(orders.out, parts.in, prints.in);
    work();
  }
  for (const int end : {orders.out, parts.in, prints.in}) ::close(end);
  orders_ = orders.in;
  parts_ = parts.out;
  prints_ = prints.out;
  for (const int end : {parts_, prints_}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  if (process_ > 0) handle_ = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
  finished_ = handle_ < 0;
}

Worker::~Worker() {
  if (process_ > 0) end(end_);
  for (const int descriptor : {handle_, orders_, parts_, prints_})
    if (descriptor >= 0) ::close(descriptor);
}

void Worker::begin(SessionRequest request, Place place) {
  request.places = {place};
  deadline_ = std::chrono::steady_clock::now() + request.time_limit;
  observed_ = request.observe;
  send_message(orders_, request.packed());
}

void Worker::add_to(std::vector<pollfd>& waits) const {
  for (const int descriptor : {handle_, parts_, prints_})
    if (descriptor >= 0) waits.push_back({descriptor, POLLIN, 0});
}

std::chrono::milliseconds Worker::time_left() const {
  const auto left = deadline_ - std::chrono::steady_clock::now();
  return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(left));
}

// False once the limit is passed.
bool Worker::drain(int& pipe, std::string& kept, std::size_t limit, std::uint64_t& count) {
  std::array<char, 1 << 16> buffer;
  while (pipe >= 0) {
    const auto got = ::read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    if (got == 0) {
      ::close(std::exchange(pipe, -1));
      break;
    }
    count += static_cast<std::uint64_t>(got);
    kept.append(buffer.data(), std::min(static_cast<std::size_t>(got), limit - std::min(limit, kept.size())));
    if (count > std::max<std::uint64_t>(limit, kMostPrinted)) return false;
  }
  return true;
}

void Worker::look() {
  pollfd ended{handle_, POLLIN, 0};
  const bool gone = ::poll(&ended, 1, 0) == 1;
  const bool bounded = drain(parts_, parts_text_, kMostParts, parts_bytes_) &&
                       drain(prints_, printed_text_, kMostPrintedKept, printed_bytes_);
  if (!bounded) return end(Transcript::End::kOutput);
  if (gone) return bury();
  // How it ends is of interest where it is observed, or where something is missing.
  if (parts_ < 0 && !observed_ && is_complete(parts_text_)) finished_ = true;
  if (time_left().count() == 0) end(Transcript::End::kTime);
}

void Worker::end(Transcript::End why) {
  ::kill(-process_, SIGKILL);
  ::kill(process_, SIGKILL);
  bury();
  end_ = why;
}

void Worker::bury() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-process_, SIGKILL);  // whatever it has started
  process_ = 0;
  finished_ = true;
  end_ = WIFSIGNALED(status) ? Transcript::End::kSignal : Transcript::End::kExit;
  number_ = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

std::string Worker::packed() const {
  return Packer()
      .number(static_cast<std::uint64_t>(end_))
      .number(static_cast<std::uint64_t>(number_))
      .number(printed_bytes_)
      .text(printed_text_)
      .text(parts_text_)
      .bytes();
}

}  // namespace weightloom::host
