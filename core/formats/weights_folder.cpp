#include "weightloom/formats/weights_folder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <unordered_map>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weights_digest.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// "model-00001-of-00003.safetensors", "model-00001-of-00003.fp16.safetensors"
struct ShardName {
  std::string set;  // the name without the number: one set, one format
  std::size_t number = 0, total = 0;
};

std::optional<ShardName> parse_shard(const std::string& name) {
  static const std::regex kPattern(R"((.+)-(\d{1,6})-of-(\d{1,6})((?:\.\w+)?\.(?:safetensors|bin|pth?)))",
                                   std::regex::icase);
  std::smatch parts;
  if (!std::regex_match(name, parts, kPattern)) return std::nullopt;
  return ShardName{parts[1].str() + "-*-of-" + parts[3].str() + parts[4].str(), std::stoul(parts[2].str()),
                   std::stoul(parts[3].str())};
}

// What Hugging Face's Trainer and Accelerate put beside the weights to go on with a training.
bool is_training_state(const std::string& name) {
  static const std::regex kNames(
      R"((?:rng_state(?:_\d+)?\.pth|random_states_\d+\.pkl|training_args\.bin|(?:optimizer|scheduler|scaler)(?:_\d+)?\.(?:pt|bin)))");
  return std::regex_match(name, kNames);
}

// As Hugging Face's libraries call weights; other things are called .bin, too.
bool is_called_as_checkpoint(const std::string& name) {
  static const std::regex kNames(R"((?:\w+_)?(?:model|weights|adapter_model)(?:-\d+-of-\d+)?(?:\.\w+)?\.bin)",
                                 std::regex::icase);
  return std::regex_match(name, kNames);
}

// What has no bytes that tell it, and is not read.
bool is_called_as_other_format(const fs::path& file) {
  static const std::set<std::string> kOthers{".onnx", ".tflite", ".pb", ".mlmodel", ".caffemodel"};
  return kOthers.contains(file.extension().string());
}

// Checkpoints called "epoch-00001-of-00010" are no shards: each has all tensors.
bool are_whole(const std::vector<fs::path>& files) try {
  const auto names = tensor_names(files.front());
  return files.size() > 1 && !names.empty() &&
         std::ranges::all_of(files, [&](const auto& file) { return tensor_names(file) == names; });
} catch (const Error& error) {
  if (error.code() == ErrorCode::kInterrupted) throw;
  return false;  // it is refused when it is read
}

// The same tensors with the same types and shapes, whatever their values.
bool are_of_same_forms(const std::map<std::string, TensorDigest>& one, const std::map<std::string, TensorDigest>& two) {
  return std::ranges::equal(one, two, [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.dtype == b.second.dtype && a.second.shape == b.second.shape;
  });
}

class Sorter {
 public:
  explicit Sorter(const IsWhole& is_whole) : is_whole_(is_whole) {}

  FolderContents sort(std::vector<fs::path> files) {
    std::ranges::sort(files);
    std::vector<fs::path> own;
    for (const auto& file : files) classify(file, own);
    take_indexes();
    for (const auto& file : unread_) left_out(file);
    for (const auto& file : own) take_file(file);
    take_sets();
    for (const auto& [taken, other] : others_) compare(contents_.networks[taken], other);
    std::ranges::sort(contents_.networks, {}, &FoundNetwork::path);
    return std::move(contents_);
  }

 private:
  void classify(const fs::path& file, std::vector<fs::path>& own) {
    const auto name = file.filename().string();
    if (name.starts_with("._"))
      return pass_over(file, "weights.appledouble", "macOS put it beside a file of that name; it holds no weights");
    if (name.ends_with(".incomplete"))
      return pass_over(file, "weights.incomplete_download", "its download did not end");
    if (is_training_state(name))
      return pass_over(file, "weights.training_state", "it is what a training goes on with, and no network");
    try {
      const auto format = detect_format(file);
      if (format && format->found_by_searching)
        (format->self_contained ? own : indexes_).push_back(file);
      else if (!format)
        unread_.push_back(file);
    } catch (const Error& error) {
      (is_named_as_weights(file) ? contents_.refused : contents_.passed_over)
          .push_back({file, error.id(), error.what()});
    }
  }

  // Shards of a manifest are plain numbers, which may begin like anything.
  void left_out(const fs::path& file) {
    if (named_by_index_.contains(file.filename().string())) return;
    const auto foreign = foreign_format(file);
    if (!foreign && is_called_as_checkpoint(file.filename().string()))
      contents_.refused.push_back({file, "weights.unknown_format", "it begins as no weights file does"});
    if (!foreign && is_called_as_other_format(file))
      pass_over(file, "weights.other_format", "it is called as a format that is not read");
    if (!foreign) return;
    // Checkpoints are called .bin as well, as other things are.
    const bool pointer = foreign->id == "weights.lfs_pointer" && file.extension() == ".bin";
    if (is_named_as_weights(file) || pointer)
      contents_.refused.push_back({file, foreign->id, "it is " + foreign->name + "; " + foreign->hint});
    else if (foreign->holds_weights)
      pass_over(file, foreign->id, "it is " + foreign->name + ", which is not read");
  }

  void take_indexes() {
    for (const auto& index : indexes_) {
      for (const auto& shard : shard_names(index)) named_by_index_.insert(shard);
      add(index, {}, without_extension(index.filename()));
    }
  }

  void take_file(const fs::path& file) {
    const auto name = file.filename().string();
    if (named_by_index_.contains(name)) return;
    const auto shard = parse_shard(name);
    if (!shard || (is_whole_ && is_whole_(file))) return add(file, {}, without_extension(file.filename()));
    const auto [place, first] = sets_[{shard->set, shard->total}].emplace(shard->number, file);
    if (!first)
      pass_over(file, "weights.same_network", "'" + place->second.filename().string() + "' is the same shard");
  }

  void take_sets() {
    for (const auto& [key, files] : sets_) {
      const auto& [set, total] = key;
      std::string missing;
      for (std::size_t i = 1; i <= std::min<std::size_t>(total, 100'000); ++i)
        if (!files.contains(i) && missing.size() < 100) missing += (missing.empty() ? "" : ", ") + std::to_string(i);
      std::vector<fs::path> shards;
      for (const auto& [number, file] : files) shards.push_back(file);
      if (are_whole(shards))
        for (const auto& file : shards) add(file, {}, without_extension(file.filename()));
      else if (missing.empty() && files.size() == total)
        add(shards.front(), shards, without_extension(shards.front().filename()));
      else
        contents_.refused.push_back({shards.front(), "weights.incomplete_set",
                                     "of its " + std::to_string(total) + " shards these are missing: " + missing});
    }
  }

  // Of a whole file and a sharded set of one name the file is taken, of several formats safetensors.
  void add(const fs::path& path, std::vector<fs::path> shards, const std::string& stem) {
    FoundNetwork found{path, std::move(shards), stem};
    const auto [known, first] = by_stem_.emplace(stem, contents_.networks.size());
    if (first) {
      contents_.networks.push_back(std::move(found));
      return;
    }
    auto& taken = contents_.networks[known->second];
    if (rank(found.path) < rank(taken.path)) std::swap(found, taken);
    others_.emplace_back(known->second, std::move(found));
  }

  enum Rank { kSafetensors, kOther, kSet };
  static Rank rank(const fs::path& path) {
    const auto format = detect_format(path);
    if (!format || !format->self_contained) return kSet;
    return format->name == "safetensors" ? kSafetensors : kOther;
  }

  void compare(const FoundNetwork& taken, const FoundNetwork& other) try {
    const auto name = "'" + taken.path.filename().string() + "'";
    const auto its = digests_of(taken), others = digests_of(other);
    // A set is the same network in another precision as a rule.
    if (its == others)
      pass_over(other.path, "weights.same_network", name + " beside it holds the same weights");
    else if (rank(other.path) == kSet && !are_of_same_forms(its, others))
      pass_over(other.path, "weights.same_network",
                name + " beside it has the same name; import it by itself with --name");
    else
      contents_.refused.push_back(
          {other.path, "weights.same_name",
           name + " beside it has the same name and other weights; import it by itself with --name"});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    contents_.refused.push_back({other.path, error.id(), error.why().empty() ? error.summary() : error.why()});
  }

  void pass_over(const fs::path& file, const std::string& id, std::string why) {
    contents_.passed_over.push_back({file, id, std::move(why)});
  }

  const IsWhole& is_whole_;
  FolderContents contents_;
  std::vector<fs::path> indexes_, unread_;
  std::set<std::string> named_by_index_;
  std::unordered_map<std::string, std::size_t> by_stem_;                                 // where in the networks
  std::vector<std::pair<std::size_t, FoundNetwork>> others_;                             // of the same stem as that one
  std::map<std::pair<std::string, std::size_t>, std::map<std::size_t, fs::path>> sets_;  // by name and total
};

}  // namespace

bool is_named_as_shard(const fs::path& file) {
  return parse_shard(file.filename().string()).has_value();
}

bool is_one_shard_of_several(const fs::path& file) {
  const auto own = parse_shard(file.filename().string());
  if (!own || own->total < 2) return false;
  std::vector<fs::path> shards;
  std::error_code error;
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto other = parse_shard(at->path().filename().string());
    if (other && other->set == own->set && other->total == own->total) shards.push_back(at->path());
  }
  return shards.size() > 1 && !are_whole(shards);
}

FolderContents find_networks(const std::vector<fs::path>& files, const IsWhole& is_whole) {
  return Sorter(is_whole).sort(files);
}

}  // namespace weightloom
