#pragma once
// The one error type of the library. Every function of Weightloom's public API reports failure by throwing `Error`
// (docs/adr/0005-errors.md); nothing else escapes, and nothing is thrown across the plugin boundary. Values: an Error
// owns its texts, which may quote foreign bytes as they are. Copies may be used by different threads.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace weightloom {

// What kind of failure it is. The values are the exit codes of the command line and are never reused.
enum class ErrorCode : int {
  kFailure = 1,       // anything without a kind of its own
  kUsage = 2,         // a bad option, configuration or query
  kDamaged = 3,       // verification found damage
  kNotFound = 4,      // no such model, plugin, file, data set
  kAmbiguous = 5,     // a name fits more than one thing
  kRefused = 6,       // an input file is malformed or not acceptable
  kPlugin = 7,        // a plugin could not be loaded, or broke its contract
  kNoStore = 10,      // there is no zoo at that place
  kLocked = 11,       // another process is writing the zoo
  kOverQuota = 12,    // no room: quota or disk
  kInterrupted = 130  // SIGINT; everything finished so far is kept
};

// Three parts: what failed, why, and what to do about it (`hint`, may be empty). `id` is a stable, machine-readable
// name such as "safetensors.header_too_large". what() returns "<what>: <why>".
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string id, std::string what, std::string why = {}, std::string hint = {});

  ErrorCode code() const noexcept { return code_; }
  const std::string& id() const noexcept { return id_; }
  const std::string& summary() const noexcept { return what_; }
  const std::string& why() const noexcept { return why_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::string& path() const noexcept { return path_; }
  std::optional<std::uint64_t> offset() const noexcept { return offset_; }

  // Fluent: throw Error(...).at("x.safetensors", 17). `offset` is in bytes from the start of the file.
  Error& at(std::string path, std::optional<std::uint64_t> offset = std::nullopt) &;
  Error&& at(std::string path, std::optional<std::uint64_t> offset = std::nullopt) &&;

 private:
  ErrorCode code_;
  std::string id_, what_, why_, hint_, path_;
  std::optional<std::uint64_t> offset_;
};

}  // namespace weightloom
