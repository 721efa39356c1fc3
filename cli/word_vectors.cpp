#include "cli/word_vectors.hpp"

#include "weightloom/workflow/word_vectors.hpp"

namespace weightloom::cli {

WordVectors word_vectors(Context& context) {
  try {
    return load_or_make_word_vectors(context.settings().words, kWordnetFolder, context.progress());
  } catch (const Error& error) {
    if (error.id() != "wordnet.missing") throw;
    context.warn("there are no word vectors, so words are known by their spelling alone: apt-get install wordnet-base");
    return {};
  }
}

}  // namespace weightloom::cli
