#include "weightloom/generator/instruction.hpp"

#include <catch2/catch.hpp>

namespace weightloom {

TEST_CASE("words are independent of case and punctuation, and padded") {
  CHECK(instruction_words("Classify handwritten DIGITS!") == instruction_words("classify   handwritten, digits"));
  const auto words = instruction_words("digits");
  CHECK(words.size() == static_cast<std::size_t>(kInstructionWords));
  CHECK(words[0] > 0);
  CHECK(words[1] == 0);
}

TEST_CASE("a very long instruction is cut, an empty one is all padding") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "word" + std::to_string(i) + ' ';
  CHECK(instruction_words(text).back() > 0);
  CHECK(instruction_words(text).size() == static_cast<std::size_t>(kInstructionWords));
  CHECK(instruction_words("").front() == 0);
}

TEST_CASE("phrasings name the data set, and the two sets of templates never meet") {
  Random random(1);
  std::vector<std::string> training;
  for (int i = 0; i < 500; ++i) training.push_back(random_instruction("photos", Phrasing::kTraining, random));
  for (int i = 0; i < 200; ++i) {
    const auto held_out = random_instruction("photos", Phrasing::kHeldOut, random);
    CHECK(held_out.find("photos") != std::string::npos);
    CHECK(std::find(training.begin(), training.end(), held_out) == training.end());
  }
}

}  // namespace weightloom
