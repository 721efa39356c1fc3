#include "touches.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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

std::string text(const char* given) {
  return given == nullptr ? "" : given;
}

void touch_file(const char* path) {
  touch("files", text(path));
}
void touch_process(const char* what) {
  touch("processes", "it started " + text(what));
}
void touch_socket(const char* where = nullptr) {
  touch("sockets", text(where));
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

using weightloom::host::next, weightloom::host::touch, weightloom::host::touch_file, weightloom::host::touch_process,
    weightloom::host::touch_socket;

// The function that is stood in for. Looked up at the start: to look one up drops the message of a dlopen() that
// failed.
#define WEIGHTLOOM_REAL(name)                              \
  static auto* real_##name() {                             \
    static auto* const real = next<decltype(name)>(#name); \
    return real;                                           \
  }                                                        \
  [[maybe_unused]] static const bool found_##name = real_##name() != nullptr;

// The third argument of open() is there only where a file may be made; reading one that is not there does no harm.
#define WEIGHTLOOM_NOTED_OPEN(name)            \
  WEIGHTLOOM_REAL(name)                        \
  int name(const char* path, int flags, ...) { \
    va_list rest;                              \
    va_start(rest, flags);                     \
    const auto mode = va_arg(rest, mode_t);    \
    va_end(rest);                              \
    touch_file(path);                          \
    return real_##name()(path, flags, mode);   \
  }
#define WEIGHTLOOM_NOTED_OPENAT(name)                      \
  WEIGHTLOOM_REAL(name)                                    \
  int name(int folder, const char* path, int flags, ...) { \
    va_list rest;                                          \
    va_start(rest, flags);                                 \
    const auto mode = va_arg(rest, mode_t);                \
    va_end(rest);                                          \
    touch_file(path);                                      \
    return real_##name()(folder, path, flags, mode);       \
  }
#define WEIGHTLOOM_NOTED(type, name, parameters, arguments, what) \
  WEIGHTLOOM_REAL(name)                                           \
  type name parameters {                                          \
    touch_##what;                                                 \
    return real_##name() arguments;                               \
  }

extern "C" {

WEIGHTLOOM_NOTED_OPEN(open)
WEIGHTLOOM_NOTED_OPEN(open64)
WEIGHTLOOM_NOTED_OPENAT(openat)
WEIGHTLOOM_NOTED_OPENAT(openat64)
WEIGHTLOOM_NOTED(FILE*, fopen, (const char* path, const char* mode), (path, mode), file(path))
WEIGHTLOOM_NOTED(FILE*, fopen64, (const char* path, const char* mode), (path, mode), file(path))
WEIGHTLOOM_NOTED(DIR*, opendir, (const char* path), (path), file(path))
WEIGHTLOOM_NOTED(int, creat, (const char* path, mode_t mode), (path, mode), file(path))
WEIGHTLOOM_NOTED(int, mkstemp, (char* form), (form), file(form))
WEIGHTLOOM_NOTED(int, mkostemp, (char* form, int flags), (form, flags), file(form))
WEIGHTLOOM_NOTED(FILE*, tmpfile, (), (), file("a temporary file"))
WEIGHTLOOM_NOTED(char*, mkdtemp, (char* form) noexcept, (form), file(form))
WEIGHTLOOM_NOTED(int, mkdir, (const char* path, mode_t mode) noexcept, (path, mode), file(path))
WEIGHTLOOM_NOTED(int, rmdir, (const char* path) noexcept, (path), file(path))
WEIGHTLOOM_NOTED(int, unlink, (const char* path) noexcept, (path), file(path))
WEIGHTLOOM_NOTED(int, remove, (const char* path) noexcept, (path), file(path))
WEIGHTLOOM_NOTED(int, rename, (const char* from, const char* to) noexcept, (from, to), file(from))
WEIGHTLOOM_NOTED(int, truncate, (const char* path, off_t size) noexcept, (path, size), file(path))
WEIGHTLOOM_NOTED(int, symlink, (const char* to, const char* path) noexcept, (to, path), file(path))
WEIGHTLOOM_NOTED(int, link, (const char* to, const char* path) noexcept, (to, path), file(path))
WEIGHTLOOM_NOTED(int, stat, (const char* path, struct stat* out) noexcept, (path, out), file(path))
WEIGHTLOOM_NOTED(int, lstat, (const char* path, struct stat* out) noexcept, (path, out), file(path))
WEIGHTLOOM_NOTED(int, stat64, (const char* path, struct stat64* out) noexcept, (path, out), file(path))
WEIGHTLOOM_NOTED(int, lstat64, (const char* path, struct stat64* out) noexcept, (path, out), file(path))
WEIGHTLOOM_NOTED(int, access, (const char* path, int mode) noexcept, (path, mode), file(path))
WEIGHTLOOM_NOTED(int, shm_open, (const char* name, int flags, mode_t mode), (name, flags, mode), file(name))
WEIGHTLOOM_NOTED(FILE*, popen, (const char* command, const char* mode), (command, mode), process(command))
WEIGHTLOOM_NOTED(int, system, (const char* command), (command), process(command))
WEIGHTLOOM_NOTED(pid_t, fork, () noexcept, (), process("a copy of itself"))
WEIGHTLOOM_NOTED(int, execve, (const char* path, char* const* words, char* const* variables) noexcept,
                 (path, words, variables), process(path))
WEIGHTLOOM_NOTED(int, execvp, (const char* path, char* const* words) noexcept, (path, words), process(path))
WEIGHTLOOM_NOTED(int, posix_spawn,
                 (pid_t * child, const char* path, const posix_spawn_file_actions_t* actions,
                  const posix_spawnattr_t* attributes, char* const* words, char* const* variables) noexcept,
                 (child, path, actions, attributes, words, variables), process(path))
WEIGHTLOOM_NOTED(int, posix_spawnp,
                 (pid_t * child, const char* path, const posix_spawn_file_actions_t* actions,
                  const posix_spawnattr_t* attributes, char* const* words, char* const* variables) noexcept,
                 (child, path, actions, attributes, words, variables), process(path))
WEIGHTLOOM_NOTED(int, socket, (int domain, int type, int protocol) noexcept, (domain, type, protocol), socket())
WEIGHTLOOM_NOTED(int, getaddrinfo,
                 (const char* node, const char* service, const struct addrinfo* hints, struct addrinfo** out),
                 (node, service, hints, out), socket(node))

WEIGHTLOOM_REAL(setlocale)
char* setlocale(int category, const char* locale) noexcept {
  if (locale != nullptr) touch("locale", std::string("it called setlocale with '") + locale + "'");
  return real_setlocale()(category, locale);
}

}  // extern "C"
