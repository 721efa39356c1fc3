#pragma once
// Instructions in words: how they are cut into word ids, and the phrasings that training draws from.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/random.hpp"

namespace weightloom {

inline constexpr std::int64_t kVocabulary = 2048;      // hash buckets; id 0 is padding
inline constexpr std::int64_t kInstructionWords = 32;  // longer instructions are cut

// Words of letters and digits (ASCII in lower case, all else as its bytes), hashed to 1 .. kVocabulary - 1, padded with
// 0 to kInstructionWords.
std::vector<std::int64_t> instruction_words(std::string_view instruction);

// What an instruction may say about a data set: its own name, and descriptions such as "handwritten digits". Data sets
// that are not known by name are described by their source text.
std::vector<std::string> descriptions_of(const std::string& source);

// A random phrasing. The templates are split in two disjoint sets: training draws from one, reports from the other.
enum class Phrasing { kTraining, kHeldOut };
std::string random_instruction(const std::string& source, Phrasing phrasing, Random& random);

}  // namespace weightloom
