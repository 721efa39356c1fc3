#include "store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "row.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

fs::path lock_path(const fs::path& store) {
  return store / "store.lock";
}

std::int64_t now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

std::string owner_text() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return Json{{"pid", ::getpid()}, {"host", host.data()}, {"command", command_line()}, {"since", now()}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

std::string describe_owner(const fs::path& path) {
  std::ifstream in(path);
  try {
    const auto owner = parse_json(std::string((std::istreambuf_iterator<char>(in)), {}), "its owner");
    const auto text = [&](const char* key) { return member<std::string>(owner, key, "its owner"); };
    const auto number = [&](const char* key) { return member<std::int64_t>(owner, key, "its owner"); };
    const auto minutes = (now() - number("since")) / 60;
    return "locked by pid " + std::to_string(number("pid")) + " on " + text("host") + " (`" + text("command") + "`, " +
           (minutes < 1 ? "less than a minute" : std::to_string(minutes) + " min") + ")";
  } catch (const Error&) {  // not written yet, or not by us
    return "another process is writing it";
  }
}

}  // namespace

std::string command_line() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() > 200) text.resize(200);
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

StoreLock::StoreLock(const fs::path& store, double wait_seconds) {
  const auto path = lock_path(store);
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw Error(ErrorCode::kFailure, "zoo.not_writable", "cannot write the zoo '" + store.string() + "'",
                std::strerror(errno), "check the permissions of the folder, or use a copy of the zoo")
        .at(path.string());
  const auto deadline = Clock::now() + std::chrono::duration<double>(wait_seconds);
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (Clock::now() >= deadline) {
      ::close(descriptor_);
      throw Error(ErrorCode::kLocked, "zoo.locked", "cannot write the zoo '" + store.string() + "'",
                  describe_owner(path), "try again when it has finished, or wait with --wait")
          .at(path.string());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto owner = owner_text();
  // The text is a courtesy to whoever waits; the lock itself is what counts.
  if (::ftruncate(descriptor_, 0) == 0) [[maybe_unused]]
    const auto put = ::pwrite(descriptor_, owner.data(), owner.size(), 0);
}

StoreLock::~StoreLock() {
  ::close(descriptor_);
}

bool is_locked(const fs::path& store) {
  const int descriptor = ::open(lock_path(store).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
  ::close(descriptor);
  return locked;
}

}  // namespace weightloom
