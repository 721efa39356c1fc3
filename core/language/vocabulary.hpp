#pragma once
// Words that the reading of an instruction treats alike whatever data sets there are.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// What is read of an instruction, in bytes.
inline constexpr std::size_t kLongestInstruction = 10'000;

// Articles, pronouns, prepositions, auxiliaries and the like: they tell no subject.
bool is_function_word(std::string_view word);
// What people say of any network and any pictures: "model", "classify", "image". Base forms.
bool is_generic_word(std::string_view term);
// Leaves the next word that means something out: "not", "without".
bool is_negation(std::string_view word);
// Sets classes against each other: "from", "or", "versus".
bool is_contrast(std::string_view word);
// Says that a list goes on, or that it is of examples: "etc", "like".
bool is_open_list(std::string_view word);

// Zero to twenty: "seven", "7", "sevens", "7s".
std::optional<std::int64_t> number_of(std::string_view word);
// "seven".
std::string number_word(std::int64_t number);

// What else an instruction may be about: subjects that no card need be of, so that the nearest data set is not taken
// for them.
struct Subject {
  std::string name;
  std::vector<std::string> terms;
};
const std::vector<Subject>& other_subjects();

// All generic words, for spelling.
const std::vector<std::string>& generic_words();

}  // namespace weightloom
