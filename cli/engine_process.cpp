#include "cli/engine_process.hpp"

#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "weightloom/base/error.hpp"

namespace weightloom::cli {

void become_engine(const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  constexpr const char* kName = "weightloom-engine";
  const auto folder = fs::read_symlink("/proc/self/exe").parent_path();
  fs::path engine = folder / kName;
  if (!fs::exists(engine)) engine = folder.parent_path() / "libexec" / "weightloom" / kName;

  std::vector<char*> words{const_cast<char*>("weightloom")};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(engine.c_str(), words.data());
  throw Error(ErrorCode::kFailure, "engine.missing", "cannot start '" + engine.string() + "'", std::strerror(errno),
              "build or install weightloom-engine beside weightloom");
}

}  // namespace weightloom::cli
