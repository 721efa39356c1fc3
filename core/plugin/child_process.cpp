#include "child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "weightloom/base/error.hpp"
#include "weightloom/base/progress.hpp"

namespace weightloom {
namespace {

[[noreturn]] void fail(const char* action) {
  throw Error(ErrorCode::kFailure, "process.child", std::string("cannot ") + action, std::strerror(errno));
}

[[noreturn]] void be_the_child(int pipe_end, const std::function<std::string()>& work, unsigned timeout_seconds) {
  for (const int signal : {SIGALRM, SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
  ::alarm(timeout_seconds);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  const auto text = work();
  for (std::size_t done = 0; done < text.size();) {
    const auto written = ::write(pipe_end, text.data() + done, text.size() - done);
    if (written <= 0) ::_exit(1);
    done += static_cast<std::size_t>(written);
  }
  ::_exit(0);  // the parent's buffers and exit handlers are not the child's to run
}

// An interruption of this process ends the child's, too.
std::string read_all(int pipe_end, pid_t child) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const auto got = ::read(pipe_end, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      if (interrupt_requested()) ::kill(child, SIGKILL);
      continue;
    }
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

ChildResult run_in_child(const std::function<std::string()>& work, unsigned timeout_seconds) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("make a pipe");
  const auto child = ::fork();
  if (child < 0) fail("start a child process");
  if (child == 0) {
    ::close(ends[0]);
    be_the_child(ends[1], work, timeout_seconds);
  }
  ::close(ends[1]);
  ChildResult result;
  result.text = read_all(ends[0], child);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("wait for a child process");
  result.exited = WIFEXITED(status);
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.timed_out = result.signal == SIGALRM;
  return result;
}

}  // namespace weightloom
