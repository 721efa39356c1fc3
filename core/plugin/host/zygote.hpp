#pragma once
// A process that has loaded a plugin and does nothing but fork: workers that begin with the plugin loaded, each from
// the same state, spare what it costs to load it.

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>

#include "worker_child.hpp"

namespace weightloom::host {

// What tells whether a file is still the one that it was.
class FileStamp {
 public:
  FileStamp() = default;
  explicit FileStamp(const std::filesystem::path& file);
  bool operator==(const FileStamp& other) const;

 private:
  struct stat status_ {};
};

// Never waited for: while it has not loaded the plugin, or where it cannot, there are no children of it.
class Zygote {
 public:
  // Starts it. REQUIRES a single-threaded caller.
  explicit Zygote(const std::filesystem::path& plugin);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  // It has loaded the plugin, and nothing stands in the way of forking.
  bool ready();
  // Asks for a worker that is a child of *this* process.
  void ask_for_worker(const WorkerEnds& ends);
  // The one that was asked for; at most 0 where there is none.
  pid_t worker();

 private:
  pid_t process_ = 0;
  int socket_ = -1;
  bool ready_ = false;
};

}  // namespace weightloom::host
