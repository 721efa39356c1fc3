#pragma once
// What is kept of a plugin while it is asked again and again.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "worker.hpp"
#include "zygote.hpp"

namespace weightloom::host {

using Workers = std::vector<std::unique_ptr<Worker>>;

// A zygote for the first place, since every answer is to begin from the same state, and for each other place a worker
// that stays, whose answers can only confirm the first.
class KnownPlugin {
 public:
  explicit KnownPlugin(const std::filesystem::path& file) : file_(file), stamp_(file) {}
  // The file is the one that is known, unchanged.
  bool is(const std::filesystem::path& file) const { return file == file_ && FileStamp(file) == stamp_; }

  // Nothing where none is kept.
  std::unique_ptr<Worker> take(bool first, Place place);
  // For a session after this one.
  void prepare();
  // Takes the workers that stay.
  void keep(const SessionRequest& request, Workers& workers);

 private:
  std::filesystem::path file_;
  FileStamp stamp_;
  bool answers_ = false;
  std::optional<Zygote> zygote_;
  std::unique_ptr<Worker> spare_;
  std::map<Place, std::unique_ptr<Worker>> others_;
};

}  // namespace weightloom::host
