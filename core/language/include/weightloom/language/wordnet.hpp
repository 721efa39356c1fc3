#pragma once
// WordNet's database files (wndb(5)) as documents for latent semantic analysis. No LibTorch.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/language/taxonomy.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {

// One document for each set of synonyms: its words, its gloss, and the words of its neighbours; those of what it is a
// kind of count more. Rows are documents of unit length in the metric of TF-IDF, with 1 + log(n) for n occurrences.
struct WordnetDocuments {
  std::vector<std::string> terms;  // those of at least two documents; several words joined by '_'
  std::vector<float> rarity;       // of each term: log(documents / documents that have it)
  // Compressed sparse rows: the entries of row r are those from row_begins[r] to row_begins[r + 1].
  std::vector<std::int64_t> row_begins, columns;
  std::vector<float> values;
  IrregularForms irregular;
  Taxonomy taxonomy;  // of `terms`; nodes are the nouns' sets of synonyms
  std::int64_t documents() const { return static_cast<std::int64_t>(row_begins.size()) - 1; }
};

// `folder` holds data.noun, index.noun, noun.exc and those of verbs, adjectives and adverbs. Throws kNotFound
// "wordnet.missing" where it does not, kRefused "wordnet.malformed" with the line.
WordnetDocuments read_wordnet(const std::filesystem::path& folder);

}  // namespace weightloom
