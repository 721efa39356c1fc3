#pragma once
// The word vectors of the engine's commands.

#include "cli/context.hpp"
#include "weightloom/language/word_vectors.hpp"

namespace weightloom::cli {

// Those of the settings' file, made from WordNet where they are missing. Without WordNet a warning says so, and words
// are known by their spelling alone.
WordVectors word_vectors(Context& context);

}  // namespace weightloom::cli
