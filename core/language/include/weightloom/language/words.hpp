#pragma once
// Text cut into words, and words led back to their base forms. Pure functions. [any-thread]

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// Words in lower case, in order: letters with hyphens and apostrophes inside, or digits with an ending ("8s"). Letters
// are those of ASCII and all beyond it as they are. A possessive ending is left out. "Tom's T-shirts, size 42" is tom,
// t-shirts, size, 42.
std::vector<std::string> split_words(std::string_view text);

// Forms that no rule leads back to their base, and that base: "feet", "foot".
using IrregularForms = std::map<std::string, std::string, std::less<>>;

// What may be the base form of an English word in lower case, the likeliest first: an irregular one's, the word itself,
// and what WordNet's rules of detachment (morphy(7), and those of agent nouns) lead to.
std::vector<std::string> base_forms(std::string_view word, const IrregularForms& irregular);

// Edits that lead from one to the other: a letter put in, left out, or changed, or two neighbours swapped (optimal
// string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace weightloom
