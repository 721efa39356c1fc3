#pragma once
// The words of a zoo and of the plugins, for completion.

#include "cli/completion.hpp"

namespace weightloom::cli {

// A StoredWords. Throws what opening the zoo does.
std::vector<std::string> stored_words(const Context& context, StoredWord kind, const std::string& prefix);

}  // namespace weightloom::cli
