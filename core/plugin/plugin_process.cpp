#include "plugin_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "wire.hpp"

namespace weightloom {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExecutable = "weightloom-plugin-host";
constexpr int kServerSocket = 3;

[[noreturn]] void fail_to_start(const fs::path& executable, int error) {
  throw Error(ErrorCode::kFailure, "plugin.no_host", "cannot start '" + executable.string() + "', which plugins run in",
              std::strerror(error), "install it beside weightloom, or name it in WEIGHTLOOM_PLUGIN_HOST");
}

// A process that inherits nothing but standard error and its socket, and that a signal from the terminal does not
// reach: the host decides when it ends.
class Spawning {
 public:
  explicit Spawning(int socket) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kServerSocket);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kServerSocket + 1);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Spawning() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  int start(const fs::path& executable, pid_t& process) {
    std::string name = kExecutable;
    std::array<char*, 2> arguments{name.data(), nullptr};
    return ::posix_spawn(&process, executable.c_str(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

fs::path plugin_host(const std::vector<fs::path>& directories) {
  std::error_code error;
  if (const char* named = ::secure_getenv("WEIGHTLOOM_PLUGIN_HOST"); named != nullptr && *named != '\0') return named;
  const auto beside = fs::read_symlink("/proc/self/exe", error).parent_path() / kExecutable;
  if (fs::exists(beside, error)) return beside;
  for (const auto& directory : directories)
    for (const auto* bin : {"../bin", "../../../bin"})
      if (const auto found = fs::absolute(directory / bin / kExecutable, error); !error && fs::exists(found, error))
        return found;
  const char* path = ::secure_getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const auto colon = rest.find(':');
    const fs::path folder(rest.substr(0, colon));
    if (folder.is_absolute() && fs::exists(folder / kExecutable, error)) return folder / kExecutable;
    rest = colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
  }
  fail_to_start(beside, ENOENT);
}

PluginProcess::~PluginProcess() {
  stop();
}

void PluginProcess::start() {
  const auto executable = hosting_.executable.empty() ? plugin_host(directories_) : hosting_.executable;
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_to_start(executable, errno);
  const int error = Spawning(ends[1]).start(executable, process_);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    process_ = 0;
    fail_to_start(executable, error);
  }
  socket_ = ends[0];
}

// The server ends when nobody is at the other end of its socket.
void PluginProcess::stop() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  while (process_ > 0 && ::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
}

std::vector<Transcript> PluginProcess::run(SessionRequest& request) {
  const std::lock_guard lock(mutex_);
  if (request.time_limit.count() == 0) request.time_limit = hosting_.time_limit;
  if (request.memory_limit == 0) request.memory_limit = hosting_.memory_limit;
  if (socket_ < 0) start();
  const auto message = request.packed();
  std::optional<std::string> reply;
  if (send_message(socket_, message)) reply = receive_message(socket_);
  if (!reply) {
    stop();
    throw Error(ErrorCode::kFailure, "plugin.host_lost", "lost the process that plugins run in",
                "something from outside ended it while it ran " + request.plugin.string(), "try again");
  }
  std::vector<Transcript> transcripts;
  for (Unpacker in(*reply); !in.empty();) {
    auto& transcript = transcripts.emplace_back();
    transcript.end = static_cast<Transcript::End>(in.number());
    transcript.number = static_cast<int>(in.number());
    transcript.printed = in.number();
    transcript.output = in.text();
    add_parts(transcript, in.view());
    const bool clean = transcript.end == Transcript::End::kExit && transcript.number == 0;
    if (transcript.complete && (clean || !request.observe)) transcript.end = Transcript::End::kWhole;
  }
  return transcripts;
}

}  // namespace weightloom
