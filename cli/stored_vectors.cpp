#include "cli/stored_vectors.hpp"

#include <filesystem>

namespace weightloom::cli {

std::optional<WordVectors> stored_word_vectors(Context& context) {
  const auto& file = context.settings().words;
  if (!std::filesystem::exists(file)) return std::nullopt;
  auto words = WordVectors::load(file);
  if (words.is_outdated())
    context.warn(
        "the word vectors are of an older version and say nothing of what is a kind of what, so instructions are "
        "read less surely: make them anew with `weightloom words build`");
  return words;
}

void warn_without_vectors(Context& context) {
  context.warn("there are no word vectors yet, so words are known by their spelling alone: `weightloom words build`");
}

}  // namespace weightloom::cli
