#include "weightloom/base/memory.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "weightloom/base/error.hpp"
#include "weightloom/base/units.hpp"

namespace weightloom {
namespace {

// The number after `key` in a file of "key value" lines, or the only number of a file when `key` is empty.
std::optional<std::uint64_t> number_in(const std::string& path, const std::string& key = {}) {
  std::ifstream file(path);
  std::string word;
  if (!key.empty())
    while (file >> word && word != key) {
    }
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

std::optional<std::uint64_t> left_of(std::optional<std::uint64_t> limit, std::optional<std::uint64_t> used) {
  if (!limit || !used) return std::nullopt;
  return *limit - std::min(*limit, *used);
}

// The root of the control groups has no limit file; that of a container shows its own. Cached files count as used
// there, and give way.
std::optional<std::uint64_t> group_left() {
  auto used = number_in("/sys/fs/cgroup/memory.current");
  if (used) *used -= std::min(*used, number_in("/sys/fs/cgroup/memory.stat", "file").value_or(0));
  return left_of(number_in("/sys/fs/cgroup/memory.max"), used);
}

std::optional<std::uint64_t> address_space_left() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  auto used = number_in("/proc/self/status", "VmSize:");
  if (used) *used *= 1024;
  return left_of(limit.rlim_cur, used);
}

}  // namespace

std::optional<std::uint64_t> available_memory() {
  auto system = number_in("/proc/meminfo", "MemAvailable:");
  if (system) *system *= 1024;
  std::optional<std::uint64_t> least;
  for (const auto& left : {system, group_left(), address_space_left()})
    if (left && (!least || *left < *least)) least = left;
  return least;
}

void expect_memory(std::uint64_t bytes, const std::string& what, const std::string& hint) {
  const auto available = available_memory();
  if (!available || bytes <= *available) return;
  throw Error(ErrorCode::kFailure, "memory.short", "there is too little memory for " + what,
              "it takes about " + format_size(bytes) + ", and " + format_size(*available) + " are left", hint);
}

std::uint64_t peak_memory() {
  return number_in("/proc/self/status", "VmHWM:").value_or(0) * 1024;
}

void reset_peak_memory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;  // proc(5): the peak of the resident set becomes what it is now
}

}  // namespace weightloom
