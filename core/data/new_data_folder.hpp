#pragma once
// A folder in which a data set is made.

#include <filesystem>
#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {

// Throws kUsage "<id>.exists" when `out` is there.
inline void expect_new(const std::filesystem::path& out, const std::string& id) {
  std::error_code error;
  if (std::filesystem::exists(out, error))
    throw Error(ErrorCode::kUsage, id + ".exists", "cannot write '" + out.string() + "'", "it is there already",
                "choose another folder, or remove it")
        .at(out.string());
}

// Removes what was written unless it is kept.
class NewDataFolder {
 public:
  // Throws write_error() "<id>.folder".
  NewDataFolder(std::filesystem::path path, const std::string& id) : path_(std::move(path)) {
    std::error_code error;
    std::filesystem::create_directories(path_, error);
    if (error) throw write_error(id + ".folder", "cannot make '" + path_.string() + "'", error.value(), path_);
  }
  ~NewDataFolder() {
    std::error_code error;
    if (!kept_) std::filesystem::remove_all(path_, error);
  }
  NewDataFolder(const NewDataFolder&) = delete;
  NewDataFolder& operator=(const NewDataFolder&) = delete;
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace weightloom
