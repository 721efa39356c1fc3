#include "weightloom/compute/torch_error.hpp"

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <regex>

#include "weightloom/base/units.hpp"

namespace weightloom {
namespace {

// The messages of the CPU allocator ("can't allocate memory: you tried to allocate 8 bytes", "not enough memory"), of
// CUDA's ("out of memory. Tried to allocate 2.00 GiB") and of a size beyond 64 bits, in LibTorch 1.13 and 2.x.
bool speaks_of_memory(const std::string& text) {
  constexpr std::array kPhrases{"allocate memory", "out of memory", "enough memory", "size calculation overflowed"};
  for (const char* phrase : kPhrases)
    if (text.find(phrase) != std::string::npos) return true;
  return false;
}

// What Linux says could be used without swapping; free pages alone would leave out its caches.
std::optional<std::uint64_t> available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name; file.ignore(256, '\n'))
    if (std::uint64_t kibibytes = 0; name == "MemAvailable:" && file >> kibibytes) return kibibytes << 10;
  return std::nullopt;
}

std::string memory_reason(const std::string& text) {
  const auto wanted = failed_allocation(text);
  std::string reason =
      wanted ? format_size(*wanted) + " were asked for at once" : std::string("the machine is out of memory");
  if (const auto available = available_memory()) reason += "; " + format_size(*available) + " are available";
  return reason;
}

}  // namespace

std::optional<std::uint64_t> failed_allocation(const std::string& text) {
  static const std::regex pattern(R"(ried to allocate ([0-9]{1,18}(?:\.[0-9]+)?) ?([KMG]iB|bytes))");
  std::smatch match;
  if (!std::regex_search(text, match, pattern)) return std::nullopt;
  const int shift = std::map<char, int>{{'b', 0}, {'K', 10}, {'M', 20}, {'G', 30}}.at(*match[2].first);
  return static_cast<std::uint64_t>(std::ldexp(std::stod(match[1]), shift));
}

Error torch_error(const char* attempted, const std::string& text, const char* hint) {
  const auto what = std::string("cannot ") + attempted;
  if (speaks_of_memory(text)) return {ErrorCode::kFailure, "runtime.memory", what, memory_reason(text), hint};
  return {ErrorCode::kFailure, "runtime.torch", what, text};
}

}  // namespace weightloom
