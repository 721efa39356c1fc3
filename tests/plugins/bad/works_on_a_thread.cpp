// Describes on a thread that began when it was loaded.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "raw_plugin.hpp"

namespace {

std::mutex mutex;
std::condition_variable changed;
bool wanted = false, done = false;

[[maybe_unused]] const bool begun = [] {
  std::thread([] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [] { return wanted; });
      wanted = false;
      done = true;
      changed.notify_all();
    }
  }).detach();
  return true;
}();

std::int32_t describe(const char* config, std::uint64_t size, const wl_sink* out, const wl_sink* error) {
  std::unique_lock lock(mutex);
  wanted = true;
  done = false;
  changed.notify_all();
  changed.wait(lock, [] { return done; });
  return raw::describe(config, size, out, error);
}

}  // namespace

RAW_PLUGIN(table.describe = describe)
