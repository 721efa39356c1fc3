// Runs a fuzz target without libFuzzer: fuzz_PARSER SEEDS SECONDS reads each file of the folder, then inputs that are
// made of them, the same ones in the same order on every run, until the time is over.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {
using namespace weightloom;

constexpr std::size_t kLongest = 1u << 16;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

// One place, which may be the end.
std::size_t place_in(const std::string& text, Random& random) {
  return static_cast<std::size_t>(random.below(text.size() + 1));
}

void change(std::string& input, const std::string& other, Random& random) {
  const auto at = place_in(input, random), length = static_cast<std::size_t>(1 + random.below(8));
  switch (random.below(5)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << random.below(8)));
      break;
    case 1:
      input.insert(at, length, static_cast<char>(random.below(256)));
      break;
    case 2:
      input.erase(at, length);
      break;
    case 3:
      input.insert(at, input.substr(place_in(input, random), 4 * length));
      break;
    default:
      input = input.substr(0, at) + other.substr(place_in(other, random));
  }
  input.resize(std::min(input.size(), kLongest));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: fuzz_PARSER SEEDS SECONDS\n"), 2;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<std::string> seeds;
  for (const auto& file : files) run(seeds.emplace_back(read_file(file)));
  if (seeds.empty()) return std::fprintf(stderr, "no seeds\n"), 1;
  Random random(1);
  const auto any = [&]() -> const std::string& { return seeds[random.below(seeds.size())]; };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(arguments[2]));
  std::size_t inputs = 0;
  for (; std::chrono::steady_clock::now() < end; ++inputs) {
    auto input = any();
    for (auto changes = 1 + random.below(4); changes > 0; --changes) change(input, any(), random);
    run(input);
  }
  std::printf("%zu inputs\n", inputs);
}
