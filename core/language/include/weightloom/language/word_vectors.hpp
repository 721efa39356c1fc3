#pragma once
// Words as directions: how close in meaning two of them are, how much one tells, and what its base form is. No
// LibTorch.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/language/taxonomy.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {

// How the source of vectors begins that were made from WordNet.
inline constexpr std::string_view kFromWordnet = "WordNet, latent semantic analysis of ";

// What vectors are made of, before they are packed.
struct WordTable {
  std::vector<std::string> terms;  // lower case, several words joined by '_'; each once
  std::vector<float> vectors;      // [terms, dimensions], of any length
  std::vector<float> rarity;       // of each term, 0 and more: how much it tells
  IrregularForms irregular;
  std::string source;  // where all of it comes from, for people
  Taxonomy taxonomy = {};
};

// Immutable. [any-thread]
class WordVectors {
 public:
  // Knows no word: closeness() is never asked for.
  WordVectors() = default;
  // Packs a table: unit vectors of 8 bits a number. Throws kUsage "words.table" when its parts do not fit together.
  explicit WordVectors(WordTable table);
  // A safetensors file of schema weightloom.words/1 (docs/words.md), which is mapped, not read. Throws what
  // MappedSafetensors does, and kRefused "words.schema", "words.malformed".
  static WordVectors load(const std::filesystem::path& path);
  void save(const std::filesystem::path& path) const;

  std::size_t size() const { return begins_.empty() ? 0 : begins_.size() - 1; }
  std::int64_t dimensions() const { return dimensions_; }
  const std::string& source() const { return source_; }
  // SHA-256 (hex) of all of it but the source. Takes a tenth of a second.
  std::string id() const;

  std::optional<std::size_t> find(std::string_view term) const;
  std::string_view term(std::size_t index) const;
  // Cosine of the two, -1 .. 1.
  double closeness(std::size_t a, std::size_t b) const;
  double rarity(std::size_t index) const { return rarity_[index]; }
  // Empty where the vectors come from other programs, or from a file of a version that kept none.
  const Taxonomy& taxonomy() const { return taxonomy_; }
  // Whether they were made from WordNet by a version that kept no taxonomy.
  bool is_outdated() const { return taxonomy_.senses.empty() && source_.starts_with(kFromWordnet); }
  // The base form of a word in lower case where the table has it ("shoes": "shoe"); the word itself otherwise.
  std::string lemma(std::string_view word) const;

 private:
  void index();
  TensorMap to_tensors() const;

  std::shared_ptr<const void> storage_;   // of the views: a table's, or a mapped file
  std::string_view terms_;                // sorted, each followed by '\n'
  std::span<const std::int8_t> vectors_;  // [terms, dimensions]: 127 times a unit vector's share of its largest number
  std::vector<std::size_t> begins_;       // of each term in terms_, and its end
  std::vector<float> rarity_;
  IrregularForms irregular_;
  Taxonomy taxonomy_;
  std::int64_t dimensions_ = 0;
  std::string source_;
};

}  // namespace weightloom
