#include "worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "wire.hpp"

namespace weightloom::host {
namespace {

constexpr std::size_t kMostPrintedKept = 2048;
constexpr std::uint64_t kMostPrinted = 16u << 20;
constexpr std::uint64_t kMostParts = 300u << 20;

struct Pipe {
  int out = -1, in = -1;
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) out = ends[0], in = ends[1];
  }
};

}  // namespace

WorkerEnds Worker::open_pipes() {
  const Pipe orders, parts, prints;
  orders_ = orders.in;
  parts_ = parts.out;
  prints_ = prints.out;
  for (const int end : {parts_, prints_}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  return {orders.out, parts.in, prints.in};
}

Worker::Worker() {
  const auto ends = open_pipes();
  const auto server = ::getpid();
  process_ = ends.prints < 0 ? -1 : ::fork();
  if (process_ == 0) {
    belong_to(server);
    be_a_worker(ends);
  }
  ends.close();
}

Worker::Worker(Zygote& zygote) : zygote_(&zygote) {
  const auto ends = open_pipes();
  zygote.ask_for_worker(ends);
  ends.close();
}

Worker::~Worker() {
  if (exists() || process_ > 0) end(end_);
  for (const int descriptor : {handle_, orders_, parts_, prints_})
    if (descriptor >= 0) ::close(descriptor);
}

bool Worker::exists() {
  if (zygote_ != nullptr) process_ = std::exchange(zygote_, nullptr)->worker();
  if (handle_ < 0 && process_ > 0) handle_ = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
  return handle_ >= 0 && process_ > 0;
}

void Worker::begin(const SessionRequest& request) {
  deadline_ = std::chrono::steady_clock::now() + request.time_limit;
  observed_ = request.observe;
  parts_text_.clear();
  printed_text_.clear();
  parts_bytes_ = printed_bytes_ = parts_seen_ = 0;
  complete_ = false;
  finished_ = !exists();
  ++sessions_;
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

// Looks at each part once, however many there are.
void Worker::take_stock() {
  std::uint64_t size = 0;
  const auto left = [&] { return parts_text_.size() - parts_seen_; };
  while (!complete_ && left() >= sizeof(size)) {
    std::memcpy(&size, parts_text_.data() + parts_seen_, sizeof(size));
    if (left() - sizeof(size) < size) return;
    complete_ = is_last_part(std::string_view(parts_text_).substr(parts_seen_ + sizeof(size), size));
    parts_seen_ += sizeof(size) + size;
  }
}

void Worker::look() {
  pollfd ended{handle_, POLLIN, 0};
  const bool gone = ::poll(&ended, 1, 0) == 1;
  const bool bounded = drain(parts_, parts_text_, kMostParts, parts_bytes_) &&
                       drain(prints_, printed_text_, kMostPrintedKept, printed_bytes_);
  if (!bounded) return end(Transcript::End::kOutput);
  take_stock();
  if (gone) return bury();
  // How it ends is of interest where it is observed, or where something is missing.
  if (!observed_ && complete_) finished_ = true;
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
