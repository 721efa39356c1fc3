// Sharded sets, written as Hugging Face names them.

#include <algorithm>
#include <cstdio>
#include <regex>
#include <system_error>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".safetensors", kIndexExtension = ".safetensors.index.json";
constexpr std::size_t kMostShards = 99'999;  // five digits

// In name order, each as full as it gets; a tensor that is larger than a shard has one of its own.
std::vector<TensorMap> split(TensorMap tensors, std::uint64_t shard_bytes) {
  std::vector<TensorMap> shards(1);
  std::uint64_t used = 0;
  while (!tensors.empty()) {
    auto tensor = tensors.extract(tensors.begin());
    const std::uint64_t bytes = tensor.mapped().bytes.size();
    if (!shards.back().empty() && (used > shard_bytes || bytes > shard_bytes - used)) {
      shards.emplace_back();
      used = 0;
    }
    used += bytes;
    shards.back().insert(std::move(tensor));
  }
  return shards;
}

class SetName {
 public:
  explicit SetName(const fs::path& path) : folder_(path.parent_path()), name_(path.filename().string()) {
    if (name_.ends_with(kExtension)) name_.resize(name_.size() - kExtension.size());
  }

  std::string shard(std::size_t number, std::size_t total) const {
    char text[32];
    std::snprintf(text, sizeof text, "-%05zu-of-%05zu", number, total);
    return name_ + text + std::string(kExtension);
  }
  fs::path index() const { return folder_ / (name_ + std::string(kIndexExtension)); }
  fs::path in_folder(const std::string& file) const { return folder_ / file; }

  // A set that is written over one shard by shard is a mixture of two networks until the last one is there.
  void expect_none() const {
    static const std::regex kNumbers(R"(-\d+-of-\d+\.safetensors)");
    const auto folder = folder_.empty() ? fs::path(".") : folder_;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      const auto file = at->path().filename().string();
      if (at->path().filename() == index().filename() ||
          (file.starts_with(name_) && std::regex_match(file.substr(name_.size()), kNumbers)))
        refuse(at->path());
    }
  }
  void expect_no_file(const fs::path& file) const {
    std::error_code error;
    if (fs::exists(file, error)) refuse(file);
  }

 private:
  [[noreturn]] static void refuse(const fs::path& file) {
    throw Error(ErrorCode::kUsage, "safetensors.set_exists", "will not write a set beside '" + file.string() + "'",
                "one would be taken for the other", "choose another name or folder, or remove that one first")
        .at(file.string());
  }

  fs::path folder_;
  std::string name_;
};

// Files that go away again when the set does not become whole.
class NewFiles {
 public:
  NewFiles() = default;
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;
  ~NewFiles() {
    std::error_code ignored;
    for (const auto& file : files_) fs::remove(file, ignored);
  }

  const fs::path& add(fs::path file) { return files_.emplace_back(std::move(file)); }
  std::vector<fs::path> keep() { return std::exchange(files_, {}); }

 private:
  std::vector<fs::path> files_;
};

}  // namespace

std::vector<fs::path> write_safetensors_set(const fs::path& path, TensorMap tensors,
                                            const std::map<std::string, std::string>& metadata,
                                            std::uint64_t shard_bytes) {
  const SetName name(path);
  name.expect_none();
  auto shards = split(std::move(tensors), shard_bytes);
  if (shards.size() == 1) {
    write_safetensors(path, shards.front(), metadata);
    return {path};
  }
  name.expect_no_file(path);
  if (shards.size() > kMostShards)
    throw Error(ErrorCode::kUsage, "safetensors.too_many_shards", "cannot write '" + path.string() + "'",
                "it would be " + std::to_string(shards.size()) + " shards", "let shards be larger");
  NewFiles written;
  std::uint64_t total = 0;
  nlohmann::json places = nlohmann::json::object();  // sorted: an ordered one looks keys up in linear time
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto file = name.shard(i + 1, shards.size());
    write_safetensors(name.in_folder(file), shards[i], metadata);
    written.add(name.in_folder(file));
    for (const auto& [tensor, value] : shards[i]) {
      places[tensor] = file;
      total += value.bytes.size();
    }
    shards[i].clear();
  }
  const nlohmann::json index = {{"metadata", {{"total_size", total}}}, {"weight_map", std::move(places)}};
  write_file(name.index(), index.dump(2) + "\n");
  written.add(name.index());
  return written.keep();
}

}  // namespace weightloom
