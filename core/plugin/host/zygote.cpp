#include "zygote.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace weightloom::host {
namespace {

constexpr int kPatience = 1000;  // milliseconds, for what takes less than one

// A message of one byte that carries the descriptors.
struct Parcel {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(WorkerEnds))> control{};
  msghdr header{};
  Parcel() {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;
};

bool send_ends(int socket, const WorkerEnds& ends) {
  Parcel parcel;
  auto* control = CMSG_FIRSTHDR(&parcel.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof(ends));
  std::memcpy(CMSG_DATA(control), &ends, sizeof(ends));
  return ::sendmsg(socket, &parcel.header, MSG_NOSIGNAL) == 1;
}

std::optional<WorkerEnds> receive_ends(int socket) {
  Parcel parcel;
  if (::recvmsg(socket, &parcel.header, MSG_CMSG_CLOEXEC) != 1) return std::nullopt;
  const auto* control = CMSG_FIRSTHDR(&parcel.header);
  if (control == nullptr || control->cmsg_len != CMSG_LEN(sizeof(WorkerEnds))) return std::nullopt;
  WorkerEnds ends;
  std::memcpy(&ends, CMSG_DATA(control), sizeof(ends));
  return ends;
}

// Its parent is that of the caller, who sees how it ends.
pid_t fork_a_sibling() {
  return static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// A thread of the plugin's would not be there in a child.
bool is_single_threaded() {
  struct stat tasks {};
  return ::stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

[[noreturn]] void fork_on_demand(int socket, pid_t server, const LoadedPlugin& plugin) {
  while (const auto ends = receive_ends(socket)) {
    const auto child = fork_a_sibling();
    if (child == 0) {
      belong_to(server);
      ::close(socket);
      be_a_worker(*ends, &plugin);
    }
    ends->close();
    if (::send(socket, &child, sizeof(child), MSG_NOSIGNAL) != sizeof(child)) break;
  }
  ::_exit(0);
}

[[noreturn]] void be_a_zygote(const std::filesystem::path& file, int socket, pid_t server) {
  socket = out_of_reach(socket);
  close_others(socket);
  ::dup2(STDOUT_FILENO, STDERR_FILENO);  // which leads nowhere
  try {
    const auto plugin = LoadedPlugin::load(read_plugin_identity(file));
    if (is_single_threaded() && ::send(socket, "", 1, MSG_NOSIGNAL) == 1) fork_on_demand(socket, server, plugin);
  } catch (const std::exception&) {
    // Whoever loads it next says why.
  }
  ::_exit(1);
}

}  // namespace

FileStamp::FileStamp(const std::filesystem::path& file) {
  if (::stat(file.c_str(), &status_) != 0) status_ = {};
}

bool FileStamp::operator==(const FileStamp& other) const {
  const auto same = [](const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; };
  return status_.st_dev == other.status_.st_dev && status_.st_ino == other.status_.st_ino &&
         status_.st_size == other.status_.st_size && same(status_.st_mtim, other.status_.st_mtim) &&
         same(status_.st_ctim, other.status_.st_ctim);
}

Zygote::Zygote(const std::filesystem::path& plugin) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
  socket_ = ends[0];
  const auto server = ::getpid();
  process_ = ::fork();
  if (process_ == 0) {
    belong_to(server);
    be_a_zygote(plugin, ends[1], server);
  }
  ::close(ends[1]);
}

Zygote::~Zygote() {
  if (socket_ >= 0) ::close(socket_);
  if (process_ <= 0) return;
  ::kill(-process_, SIGKILL);
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Zygote::ready() {
  char byte = 0;
  if (!ready_) ready_ = ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 1;
  return ready_;
}

void Zygote::ask_for_worker(const WorkerEnds& ends) {
  ready_ = ready() && send_ends(socket_, ends);
}

pid_t Zygote::worker() {
  pid_t child = 0;
  pollfd answer{socket_, POLLIN, 0};
  ready_ = ready_ && ::poll(&answer, 1, kPatience) == 1 &&
           ::recv(socket_, &child, sizeof(child), MSG_DONTWAIT) == sizeof(child);
  return ready_ ? child : 0;
}

}  // namespace weightloom::host
