#pragma once
// The writer's lock of a store: flock on `store.lock`, which also says who holds it. Private to the module.

#include <filesystem>
#include <string>

namespace weightloom {

class StoreLock {
 public:
  // Throws kLocked naming the owner when another holder keeps it for `wait_seconds`, kFailure when the store is not
  // writable. The kernel releases the lock when the process dies, however it dies.
  StoreLock(const std::filesystem::path& store, double wait_seconds);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int descriptor_ = -1;
};

// That of this process, 200 bytes at most.
std::string command_line();

// Is some process writing the store now?
bool is_locked(const std::filesystem::path& store);

}  // namespace weightloom
