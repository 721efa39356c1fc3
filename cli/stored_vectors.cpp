#include "cli/stored_vectors.hpp"

#include <filesystem>

namespace weightloom::cli {

std::optional<WordVectors> stored_word_vectors(const Context& context) {
  const auto& file = context.settings().words;
  return std::filesystem::exists(file) ? std::optional(WordVectors::load(file)) : std::nullopt;
}

void warn_without_vectors(Context& context) {
  context.warn("there are no word vectors yet, so words are known by their spelling alone: `weightloom words build`");
}

}  // namespace weightloom::cli
