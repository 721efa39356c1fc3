#pragma once
// The way from the front to the engine.

#include <string>
#include <vector>

namespace weightloom::cli {

// Replaces this process by `weightloom-engine` with the same arguments; it is looked for beside this executable, then
// in
// ../libexec/weightloom. Returns only by throwing kFailure "engine.missing".
[[noreturn]] void become_engine(const std::vector<std::string>& arguments);

}  // namespace weightloom::cli
