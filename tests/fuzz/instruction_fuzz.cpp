#include <string>

#include "fuzz_target.hpp"
#include "weightloom/language/architecture_reading.hpp"
#include "weightloom/language/reading.hpp"

using namespace weightloom;

namespace {

const std::vector<Card>& cards() {
  static const std::vector<Card> known{
      card_of("mnist", {"zero", "one", "two", "three", "four"}),
      card_of("fashion-mnist", {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker"})};
  return known;
}

// A few words, so that base forms and closeness are looked up as well.
const WordVectors& words() {
  static const WordVectors few({{"ankle_boot", "boot", "digit", "number", "shoe", "shoes"},
                                {1, 0, 0.9f, 0.1f, 0, 1, 0.1f, 1, 0.8f, 0.2f, 1, 0},
                                {9, 7, 6, 5, 6, 8},
                                {{"feet", "foot"}},
                                ""});
  return few;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::expect_read_or_refused(
      [&] {
        read_architecture(text, {{"mlp", {}}, {"resnet", {}}}, words());
      },
      ErrorCode::kUsage);
  return fuzz::expect_read_or_refused([&] { read_instruction(text, cards(), words()); }, ErrorCode::kUsage);
}
