#include "cli/engine_process.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "weightloom/base/error.hpp"

namespace weightloom::cli {

void become_engine(const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  const auto engine = fs::read_symlink("/proc/self/exe").parent_path() / "weightloom-engine";

  std::vector<char*> words{const_cast<char*>("weightloom")};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  // OpenMP's threads spin while they wait, by default so long that a second busy process on the machine, or the BLAS's
  // own threads, slow small operations down a hundredfold. libgomp reads this when it is loaded.
  setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  execv(engine.c_str(), words.data());
  throw Error(ErrorCode::kFailure, "engine.missing", "cannot start '" + engine.string() + "'", std::strerror(errno),
              "build or install weightloom-engine beside weightloom");
}

}  // namespace weightloom::cli
