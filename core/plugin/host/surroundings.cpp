#include "surroundings.hpp"

#include <locale.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <clocale>
#include <string>
#include <string_view>
#include <vector>

#include "clock.hpp"

namespace weightloom::host {
namespace {

// More than a year, and no whole number of days, hours or minutes.
constexpr std::int64_t kElsewhen = 40'000'003;

// What the dynamic loader and the sanitizers are told must stay.
bool is_needed(std::string_view variable) {
  return variable.starts_with("LD_") || variable.find("SAN_OPTIONS=") != variable.npos;
}

void change_environment() {
  std::vector<std::string> kept;
  for (auto** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    if (is_needed(*variable)) kept.emplace_back(*variable);
  ::clearenv();
  kept.insert(kept.end(), {"HOME=/nonexistent", "USER=somebody-else", "TZ=Asia/Kathmandu", "LC_ALL=C.UTF-8", "PWD=/"});
  for (const auto& variable : kept) {
    const auto equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
}

// One with a decimal comma where the system has any. It stays loaded, so that setlocale() finds it without reading
// files.
const char* other_locale() {
  static const char* const found = [] {
    for (const auto* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8", "C.UTF-8"})
      if (::newlocale(LC_ALL_MASK, name, nullptr) != nullptr) return name;
    return "C";
  }();
  return found;
}

// Addresses are others afterwards: those of what is loaded, once the gaps that it would fit into are filled, and those
// of what is allocated.
void change_memory() {
  std::uint16_t pages = 0;
  if (::getrandom(&pages, sizeof(pages), 0) != sizeof(pages)) pages = 17;
  const auto reserve = [](std::size_t bytes) {
    ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  };
  for (const int bits : {21, 18, 16, 14})
    for (int i = 0; i < 16; ++i) reserve(std::size_t{1} << bits);
  reserve((std::size_t{pages} + 16) << 12);
  [[maybe_unused]] static void* const kept = std::malloc(std::size_t{pages} + 4096);
}

}  // namespace

void prepare_places() {
  other_locale();
}

void go_to(Place place) {
  const auto differs = [&](Place in) { return (static_cast<int>(place) & static_cast<int>(in)) != 0; };
  if (differs(Place::kAnotherTime)) set_clock_ahead(kElsewhen);
  if (differs(Place::kAnotherAddress)) change_memory();
  if (!differs(Place::kAnotherEnvironment)) return;
  change_environment();
  std::setlocale(LC_ALL, other_locale());
  if (::chdir("/") != 0) return;
}

}  // namespace weightloom::host
