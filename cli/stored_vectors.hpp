#pragma once
// Word vectors of commands that make none.

#include <optional>

#include "cli/context.hpp"
#include "weightloom/language/word_vectors.hpp"

namespace weightloom::cli {

// Those of the settings' file; nothing where it is missing. Warns of those that an older version made.
std::optional<WordVectors> stored_word_vectors(Context& context);
void warn_without_vectors(Context& context);

}  // namespace weightloom::cli
