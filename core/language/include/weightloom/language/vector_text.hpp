#pragma once
// Word vectors of other programs, as text.

#include <cstddef>
#include <filesystem>

#include "weightloom/language/word_vectors.hpp"

namespace weightloom {

// Reads what GloVe and word2vec write as text: a line for each word, then its numbers, all separated by spaces; perhaps
// a first line of two numbers, how many words and how many numbers each; the most common word first, as both write
// them. At most `most` words are kept: those in lower case, without what is no word. The mean of all vectors is taken
// off, which such vectors have in common (Mu & Viswanath 2018, section 2.1); rarity is 1 + log(1 + place), after Zipf's
// law. Throws kRefused "words.text", with the line, for what is not of this form, and what FileReader does.
WordTable read_vector_text(const std::filesystem::path& path, std::size_t most = 200'000);

}  // namespace weightloom
