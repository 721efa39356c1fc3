#pragma once
// The way from the front to the engine.

#include <string>
#include <vector>

namespace weightloom::cli {

// Replaces this process by `weightloom-engine`, which stands beside this executable, with the same arguments. Returns
// only by throwing kFailure "engine.missing".
[[noreturn]] void become_engine(const std::vector<std::string>& arguments);

}  // namespace weightloom::cli
