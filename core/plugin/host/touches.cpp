#include "touches.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <clocale>
#include <mutex>
#include <string>
#include <utility>

namespace weightloom::host {
namespace {

constexpr std::size_t kMostNoted = 16;

std::atomic<bool> noting{false};
std::mutex& touched_mutex = *new std::mutex;
auto& touched = *new std::vector<Trace>;

void touch(const char* kind, std::string what) {
  if (!noting) return;
  const std::lock_guard lock(touched_mutex);
  if (touched.size() < kMostNoted) touched.push_back({kind, std::move(what)});
}

void touch_file(const char* path) {
  touch("files", path == nullptr ? "" : path);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void note_touched() {
  noting = true;
}

std::vector<Trace> take_touched() {
  const std::lock_guard lock(touched_mutex);
  return std::exchange(touched, {});
}

}  // namespace weightloom::host

using weightloom::host::next, weightloom::host::touch, weightloom::host::touch_file;

// The third argument of open() is there only where a file may be made; reading one that is not there does no harm.
#define WEIGHTLOOM_NOTED_OPEN(name)                                    \
  int name(const char* path, int flags, ...) {                         \
    va_list rest;                                                      \
    va_start(rest, flags);                                             \
    const auto mode = va_arg(rest, mode_t);                            \
    va_end(rest);                                                      \
    touch_file(path);                                                  \
    static auto* const real = next<int(const char*, int, ...)>(#name); \
    return real(path, flags, mode);                                    \
  }
#define WEIGHTLOOM_NOTED_OPENAT(name)                                       \
  int name(int folder, const char* path, int flags, ...) {                  \
    va_list rest;                                                           \
    va_start(rest, flags);                                                  \
    const auto mode = va_arg(rest, mode_t);                                 \
    va_end(rest);                                                           \
    touch_file(path);                                                       \
    static auto* const real = next<int(int, const char*, int, ...)>(#name); \
    return real(folder, path, flags, mode);                                 \
  }
#define WEIGHTLOOM_NOTED_FOPEN(name)                                        \
  FILE* name(const char* path, const char* mode) {                          \
    touch_file(path);                                                       \
    static auto* const real = next<FILE*(const char*, const char*)>(#name); \
    return real(path, mode);                                                \
  }

extern "C" {

WEIGHTLOOM_NOTED_OPEN(open)
WEIGHTLOOM_NOTED_OPEN(open64)
WEIGHTLOOM_NOTED_OPENAT(openat)
WEIGHTLOOM_NOTED_OPENAT(openat64)
WEIGHTLOOM_NOTED_FOPEN(fopen)
WEIGHTLOOM_NOTED_FOPEN(fopen64)

DIR* opendir(const char* path) {
  touch_file(path);
  static auto* const real = next<DIR*(const char*)>("opendir");
  return real(path);
}

int mkdir(const char* path, mode_t mode) noexcept {
  touch_file(path);
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  return real(path, mode);
}

int unlink(const char* path) noexcept {
  touch_file(path);
  static auto* const real = next<int(const char*)>("unlink");
  return real(path);
}

int system(const char* command) {
  touch("files", std::string("the command '") + (command == nullptr ? "" : command) + "'");
  static auto* const real = next<int(const char*)>("system");
  return real(command);
}

int socket(int domain, int type, int protocol) noexcept {
  touch("sockets", "");
  static auto* const real = next<int(int, int, int)>("socket");
  return real(domain, type, protocol);
}

char* setlocale(int category, const char* locale) noexcept {
  if (locale != nullptr) touch("locale", std::string("it called setlocale with '") + locale + "'");
  static auto* const real = next<char*(int, const char*)>("setlocale");
  return real(category, locale);
}

}  // extern "C"
