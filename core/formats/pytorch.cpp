#include "weightloom/formats/pytorch.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>

#include "pickle.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/base/text.hpp"
#include "weights_layout.hpp"
#include "zip_archive.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using pickle::Value;
using pickle::View;
using Kind = Value::Kind;

constexpr std::uint64_t kMostPickle = 64u << 20;
constexpr std::size_t kMostNesting = 16, kMostTensors = 1'000'000, kMostEntries = 2'000'000, kMostNamed = 10,
                      kLongestName = 1024;
// An expanded tensor repeats its storage: some do, and none so often as to fill the memory.
constexpr std::uint64_t kMostRepeats = 64, kRepeatsFrom = 1u << 20, kMostCopies = 8, kMostReads = 64;
// torch.serialization: MAGIC_NUMBER and PROTOCOL_VERSION of files before PyTorch 1.6.
constexpr std::string_view kLegacyMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t kLegacyProtocol = 1001;
constexpr std::uint64_t kLongestByteOrder = 16;
constexpr const char* kStateNames[] = {"state_dict", "model_state_dict", "model",      "module", "net", "network",
                                       "ema",        "params",           "params_ema", "weights"};

constexpr std::string_view kTrainingNames[] = {
    "optimizer",       "optimizers",           "optim",     "optimizer_state_dict", "optimizer_states",
    "optimizer_state", "optim_state_dict",     "scheduler", "schedulers",           "lr_scheduler",
    "lr_schedulers",   "scheduler_state_dict", "scaler",    "grad_scaler",          "rng_state",
    "rng_states"};

using Bytes = std::shared_ptr<const std::vector<std::byte>>;
// The bytes of a storage; `bytes` is how many it must have.
using Storages = std::function<Bytes(const std::string& key, std::uint64_t bytes)>;

Error refusal(const fs::path& path, const char* id, std::string why, std::string hint = {}, std::uint64_t offset = 0) {
  return Error(ErrorCode::kRefused, std::string("pt.") + id, "refusing to read '" + path.string() + "'", std::move(why),
               hint.empty() ? "the file is damaged or no checkpoint: get it again from its source" : std::move(hint))
      .at(path.string(), offset);
}

// Of all tensors of a file.
std::uint64_t most_bytes(std::uint64_t file_bytes) {
  return kMostCopies * file_bytes + (std::uint64_t{64} << 20);
}

Error changed(const fs::path& path) {
  return refusal(path, "changed", "it was written while it was read", "read it when it is complete");
}

// What a view takes, in bytes.
struct Extent {
  std::uint64_t storage = 0;  // of the whole storage
  std::uint64_t bytes = 0;    // of the tensor
};

Error wrong_size(const fs::path& path, const std::string& storage, std::uint64_t found, std::uint64_t expected) {
  return refusal(
      path, "damaged",
      "the storage '" + storage + "' has " + std::to_string(found) + " bytes instead of " + std::to_string(expected));
}

class TensorReader {
 public:
  TensorReader(const fs::path& path, Storages storages) : path_(path), storages_(std::move(storages)) {}

  // Of at most `budget` bytes.
  HostTensor read(const std::string& name, const View& view, std::uint64_t budget) const {
    const auto extent = extent_of(name, view, budget);
    HostTensor tensor{view.dtype, view.shape, {}};
    if (extent.bytes == 0) return tensor;
    const auto source = storages_(view.storage, extent.storage);
    tensor.bytes.resize(extent.bytes);
    copy(*source, view, dtype_bytes(view.dtype), tensor.bytes);
    return tensor;
  }

  // Throws for a view that lies or is larger than `budget` bytes.
  Extent extent_of(const std::string& name, const View& view, std::uint64_t budget) const {
    const auto fail = [&](const std::string& why) {
      throw refusal(path_, "bad_tensor", "tensor '" + printable(name) + "' " + why);
    };
    const auto width = dtype_bytes(view.dtype);
    std::uint64_t storage = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(view.numel), dtype_bytes(view.stored), &storage))
      fail("has a storage that is too large");
    std::uint64_t last = static_cast<std::uint64_t>(view.offset), count = 1;
    bool empty = false;
    for (std::size_t d = 0; d < view.shape.size(); ++d) {
      const auto size = static_cast<std::uint64_t>(view.shape[d]);
      std::uint64_t step = 0;
      empty |= size == 0;
      if (size == 0) continue;
      if (__builtin_mul_overflow(count, size, &count) || count > INT64_MAX / 16 ||
          __builtin_mul_overflow(size - 1, static_cast<std::uint64_t>(view.strides[d]), &step) ||
          __builtin_add_overflow(last, step, &last))
        fail("is larger than 64 bits count");
    }
    if (empty) return {storage, 0};
    if (last >= storage / width) fail("reaches beyond its storage");
    const auto bytes = count * width;
    if (bytes > kRepeatsFrom && bytes / kMostRepeats > storage) fail("repeats its storage without measure");
    if (bytes > budget) throw refusal(path_, "limit_exceeded", "its tensors are far larger than the file");
    return {storage, bytes};
  }

 private:
  // In C order, runs of values that lie together at a time.
  static void copy(const std::vector<std::byte>& from, const View& view, std::size_t width,
                   std::vector<std::byte>& to) {
    std::size_t rank = view.shape.size(), run = 1;
    while (rank > 0 && (view.shape[rank - 1] == 1 || view.strides[rank - 1] == static_cast<std::int64_t>(run)))
      run *= static_cast<std::size_t>(view.shape[--rank]);
    std::vector<std::int64_t> index(rank, 0);
    auto at = static_cast<std::size_t>(view.offset);
    for (std::size_t out = 0; out < to.size(); out += run * width) {
      std::memcpy(&to[out], &from[at * width], run * width);
      for (std::size_t d = rank; d-- > 0;) {
        at += static_cast<std::size_t>(view.strides[d]);
        if (++index[d] < view.shape[d]) break;
        at -= static_cast<std::size_t>(view.strides[d] * view.shape[d]);
        index[d] = 0;
      }
    }
  }

  const fs::path& path_;
  Storages storages_;
};

std::string key_text(const Value& key) {
  return key.kind == Kind::kText ? key.text : key.kind == Kind::kInteger ? std::to_string(key.integer) : std::string();
}

// What a training keeps in a dictionary of its own beside the weights.
bool is_training_state(std::string_view key) {
  return std::ranges::find(kTrainingNames, key) != std::end(kTrainingNames);
}

bool has_tensors(const Value& value) {
  if (value.kind != Kind::kDict) return false;
  for (std::size_t i = 1; i < value.items.size(); i += 2)
    if (value.items[i]->kind == Kind::kTensor) return true;
  return false;
}

// A training's, whose own tensors are single numbers: a loss that stands beside the weights.
bool is_of_training(const Value& dict) {
  bool training = false;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const Value& value = *dict.items[i + 1];
    if (value.kind == Kind::kTensor && !value.view.shape.empty()) return false;
    training = training || is_training_state(key_text(*dict.items[i]));
  }
  return training;
}

const Value* entry(const Value& dict, std::string_view name) {
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (key_text(*dict.items[i]) == name) return dict.items[i + 1];
  return nullptr;
}

// An optimizer's own state, or one under its usual name beside what holds no tensors.
template <class Holds>
bool is_training_alone(const Value& root, const Holds& holds) {
  if (root.kind != Kind::kDict) return false;
  if (entry(root, "state") && entry(root, "param_groups")) return true;
  bool training = false;
  for (std::size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const bool state = is_training_state(key_text(*root.items[i]));
    if (!state && holds(*root.items[i + 1])) return false;
    training = training || state;
  }
  return training;
}

// Which dictionaries hold tensors, themselves or further down. A pickle may refer to the same one any number of times,
// and in circles: each is looked into once.
class Holders {
 public:
  bool holds(const Value& value, std::size_t depth = 0) {
    if (value.kind != Kind::kDict || depth > kMostNesting) return false;
    const auto [known, first] = known_.try_emplace(&value, false);
    if (!first) return known->second;
    bool found = has_tensors(value);
    for (std::size_t i = 1; i < value.items.size() && !found; i += 2) found = holds(*value.items[i], depth + 1);
    return known_[&value] = found;
  }

 private:
  std::unordered_map<const Value*, bool> known_;
};

// Finds the tensors in what the pickle holds, and gives them to whoever takes them.
class Collector {
 public:
  using Take = std::function<void(const std::string& name, const View& view)>;
  Collector(const fs::path& path, Take take) : path_(path), take_(std::move(take)) {}

  // Returns warnings.
  std::vector<std::string> collect(const Value& root) {
    if (root.kind == Kind::kTensor) {
      add(path_.stem().string(), root);
      return std::move(warnings_);
    }
    add_dict("", state_of(root), 0);
    if (!skipped_.empty()) {
      std::string names;
      for (std::size_t i = 0; i < std::min(skipped_.size(), kMostNamed); ++i)
        names += (i ? ", " : "") + printable(skipped_[i]);
      warnings_.push_back("left out what is neither a tensor nor a dictionary of tensors: " + names +
                          (skipped_.size() > kMostNamed ? ", ..." : ""));
    }
    return std::move(warnings_);
  }

 private:
  const Value& state_of(const Value& root) {
    if (root.kind == Kind::kDict) {
      const bool own = has_tensors(root);
      for (const char* name : kStateNames) {
        const auto* state = entry(root, name);
        if (!state || !holders_.holds(*state) || (own && !is_of_training(root))) continue;
        warnings_.push_back("took the weights under '" + std::string(name) + "'");
        for (std::size_t i = 0; i + 1 < root.items.size(); i += 2)
          if (root.items[i + 1] != state &&
              (holders_.holds(*root.items[i + 1]) || root.items[i + 1]->kind == Kind::kTensor))
            warnings_.push_back("left out '" + printable(key_text(*root.items[i])) + "'");
        return *state;
      }
      if (own) return root;
    }
    if (is_training_alone(root, [&](const Value& value) { return holders_.holds(value); }))
      throw refusal(path_, "training_state", "it is the state of a training, and holds no weights",
                    "read the checkpoint that has the weights");
    std::string keys;
    for (std::size_t i = 0; root.kind == Kind::kDict && i + 1 < root.items.size() && i < 20; i += 2)
      keys += (keys.empty() ? "" : ", ") + printable(key_text(*root.items[i]));
    throw refusal(path_, "no_state_dict",
                  keys.empty()
                      ? "it holds no dictionary of tensors"
                      : "of what it holds (" + keys + ") nothing is a dictionary of tensors under a usual name",
                  "save the weights alone: torch.save(module.state_dict(), ...)");
  }

  void add_dict(const std::string& prefix, const Value& dict, std::size_t depth) {
    if (depth > kMostNesting) throw refusal(path_, "limit_exceeded", "its dictionaries nest too deeply");
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const auto key = key_text(*dict.items[i]);
      if (prefix.size() + key.size() > kLongestName)
        throw refusal(path_, "bad_name", "a name has more than 1024 bytes");
      if (++entries_ > kMostEntries) throw refusal(path_, "limit_exceeded", "its dictionaries hold too many entries");
      const auto name = prefix + key;
      const Value& value = *dict.items[i + 1];
      if (value.kind == Kind::kTensor)
        add(name, value);
      else if (depth == 0 && is_training_state(key))
        warnings_.push_back("left out '" + printable(key) + "', which is the state of a training");
      else if (holders_.holds(value))
        add_dict(name + ".", value, depth + 1);
      else
        skipped_.push_back(name);
    }
  }

  void add(const std::string& name, const Value& tensor) {
    if (name.empty() || name.size() > kLongestName || !is_printable(name))
      throw refusal(path_, "bad_name",
                    "the name '" + printable(name.substr(0, kLongestName)) +
                        "' of a tensor is not 1 to 1024 bytes of UTF-8 without control characters");
    if (names_.size() == kMostTensors) throw refusal(path_, "limit_exceeded", "it holds too many tensors");
    if (!names_.insert(name).second) throw refusal(path_, "bad_name", "two tensors are called '" + name + "'");
    take_(name, tensor.view);
  }

  const fs::path& path_;
  Take take_;
  Holders holders_;
  std::set<std::string> names_;
  std::vector<std::string> warnings_, skipped_;
  std::size_t entries_ = 0;
};

PytorchFile read_tensors(const fs::path& path, std::uint64_t file_bytes, const Value& root, Storages storages) {
  const TensorReader reader(path, std::move(storages));
  PytorchFile file;
  auto left = most_bytes(file_bytes);
  file.warnings = Collector(path, [&](const std::string& name, const View& view) {
                    left -= file.tensors.emplace(name, reader.read(name, view, left)).first->second.bytes.size();
                  }).collect(root);
  return file;
}

// The last storage that was asked for: those of one storage follow each other as a rule. A file whose tensors go back
// and forth between storages without end is given up.
class StorageCache {
 public:
  using Fetch = std::function<std::vector<std::byte>(const std::string& key)>;
  StorageCache(const fs::path& path, std::uint64_t file_bytes, Fetch fetch)
      : path_(path), most_(kMostReads * file_bytes + (std::uint64_t{256} << 20)), fetch_(std::move(fetch)) {}

  Bytes operator()(const std::string& key, std::uint64_t size) {
    throw_if_interrupted();
    if (!kept_ || key != key_) {
      kept_.reset();
      kept_ = std::make_shared<const std::vector<std::byte>>(fetch_(key));
      key_ = key;
      read_ += kept_->size();
      if (read_ > most_) throw refusal(path_, "limit_exceeded", "its tensors go back and forth between its storages");
    }
    if (kept_->size() != size) throw wrong_size(path_, key, kept_->size(), size);
    return kept_;
  }

 private:
  const fs::path& path_;
  std::uint64_t most_, read_ = 0;
  Fetch fetch_;
  std::string key_;
  Bytes kept_;
};

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An archive as torch.save() writes it: a pickle, and a file for each storage.
class Checkpoint {
 public:
  explicit Checkpoint(const fs::path& path) : archive_(path) {
    const auto& data = check_entries();
    if (data.size > kMostPickle) throw refusal(path, "limit_exceeded", "its pickle is larger than 64 MiB");
    bytes_ = archive_.read(data);
    pickle_.emplace(text_of(bytes_), path.string(), data.data);
    if (pickle_->size() != bytes_.size())
      throw refusal(path, "damaged", "something follows its pickle", {}, data.data + pickle_->size());
  }

  const ZipArchive& archive() const { return archive_; }
  const Value& root() const { return pickle_->root(); }
  const ZipEntry& storage(const std::string& key) const {
    const auto* record = archive_.find(prefix_ + "data/" + key);
    if (!record) throw refusal(archive_.path(), "damaged", "the storage '" + key + "' is missing");
    if (record->size > most_bytes(archive_.bytes()))
      throw refusal(archive_.path(), "limit_exceeded", "its tensors are far larger than the file");
    return *record;
  }

 private:
  // Returns the pickle's.
  const ZipEntry& check_entries();

  ZipArchive archive_;
  std::string prefix_;
  std::vector<std::byte> bytes_;
  std::optional<pickle::Pickle> pickle_;
};

const ZipEntry& Checkpoint::check_entries() {
  const auto& path = archive_.path();
  constexpr std::string_view kData = "/data.pkl";
  const ZipEntry* data = nullptr;
  for (const auto& entry : archive_.entries()) {
    if (!entry.name.ends_with(kData)) continue;
    if (data) throw refusal(path, "damaged", "it holds two pickles");
    data = &entry;
    prefix_ = entry.name.substr(0, entry.name.size() - kData.size()) + "/";
  }
  if (!data)
    throw refusal(path, "no_state_dict", "it is a zip archive without a pickle",
                  "if weights were packed into it, unpack it first");
  for (const auto& entry : archive_.entries()) {
    if (!entry.name.starts_with(prefix_))
      throw refusal(path, "damaged", "'" + entry.name + "' is not in the folder of its pickle");
    if (entry.name.starts_with(prefix_ + "code/") || entry.name == prefix_ + "constants.pkl")
      throw refusal(path, "torchscript", "it is a TorchScript archive, which is code",
                    "save the weights alone: torch.save(module.state_dict(), ...)");
  }
  if (const auto* order = archive_.find(prefix_ + "byteorder"); order && order->size <= kLongestByteOrder)
    if (const auto bytes = archive_.read(*order); text_of(bytes).substr(0, 6) != "little")
      throw refusal(path, "big_endian", "its values are big-endian", "save it again on a little-endian machine");
  return *data;
}

PytorchFile read_archive(const fs::path& path) {
  const Checkpoint checkpoint(path);
  const auto& archive = checkpoint.archive();
  StorageCache storages(path, archive.bytes(),
                        [&](const std::string& key) { return archive.read(checkpoint.storage(key)); });
  auto read = read_tensors(path, archive.bytes(), checkpoint.root(), std::ref(storages));
  if (!archive.unchanged()) throw changed(path);
  return read;
}

bool is_contiguous(const View& view) {
  std::int64_t run = 1;
  for (std::size_t d = view.shape.size(); d-- > 0; run *= view.shape[d])
    if (view.shape[d] != 1 && view.strides[d] != run) return false;
  return true;
}

// Three pickles that say what the file is, the data, the keys of the storages, and the storages in that order.
PytorchFile read_legacy(const fs::path& path) {
  const FileReader file(path);
  std::string head(std::min(file.size(), kMostPickle), '\0');
  file.read(0, std::as_writable_bytes(std::span(head)));
  std::uint64_t at = 0;
  const auto next = [&] {
    auto pickled = std::make_unique<pickle::Pickle>(std::string_view(head).substr(at), path.string(), at);
    at += pickled->size();
    return pickled;
  };
  const auto magic = next();
  if (magic->root().kind != Kind::kBigInteger || magic->root().text != kLegacyMagic)
    throw refusal(path, "no_state_dict", "it is a pickle, but none of PyTorch");
  const auto protocol = next();
  if (protocol->root().kind != Kind::kInteger || protocol->root().integer != kLegacyProtocol)
    throw refusal(path, "damaged", "its protocol is not known");
  const auto system = next();
  if (system->root().kind == Kind::kDict)
    if (const auto* little = entry(system->root(), "little_endian");
        little && little->kind == Kind::kBool && !little->integer)
      throw refusal(path, "big_endian", "its values are big-endian", "save it again on a little-endian machine");
  const auto data = next(), keys = next();
  if (keys->root().kind != Kind::kList) throw refusal(path, "damaged", "its storages are not listed");
  // Where each storage is follows from the sizes that tensors say of those before it.
  std::map<std::string, std::uint64_t> widths;
  for (const auto& value : data->values())
    if (value.kind == Kind::kStorage) widths[value.view.storage] = dtype_bytes(value.view.stored);
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> places;
  for (const auto* key : keys->root().items) {
    const auto name = key_text(*key);
    std::int64_t numel = 0;
    file.read(at, std::as_writable_bytes(std::span(&numel, 1)));
    const auto width = widths.find(name);
    std::uint64_t bytes = 0;
    if (width == widths.end() || numel < 0 ||
        __builtin_mul_overflow(static_cast<std::uint64_t>(numel), width->second, &bytes) ||
        bytes > file.size() - at - 8)
      throw refusal(path, "damaged", "the storage '" + printable(name) + "' is of no tensor, or ends beyond the file",
                    {}, at);
    places[name] = {at + 8, bytes};
    at += 8 + bytes;
  }
  if (at != file.size()) throw refusal(path, "damaged", "something follows its storages", {}, at);
  StorageCache storages(path, file.size(), [&](const std::string& key) {
    const auto place = places.find(key);
    if (place == places.end()) throw refusal(path, "damaged", "the storage '" + key + "' is missing");
    std::vector<std::byte> bytes(place->second.second);
    file.read(place->second.first, bytes);
    return bytes;
  });
  auto read = read_tensors(path, file.size(), data->root(), std::ref(storages));
  if (!file.unchanged()) throw changed(path);
  return read;
}

bool is_archive(const fs::path& path) {
  std::string magic(4, '\0');
  const FileReader file(path);
  if (file.size() < magic.size()) throw refusal(path, "damaged", "it is too short for a checkpoint");
  file.read(0, std::as_writable_bytes(std::span(magic)));
  return magic == "PK\x03\x04";
}

}  // namespace

PytorchFile read_pytorch(const fs::path& path) {
  return is_archive(path) ? read_archive(path) : read_legacy(path);
}

std::optional<WeightsLayout> pytorch_layout(const fs::path& path) {
  if (!is_archive(path)) return std::nullopt;
  const Checkpoint checkpoint(path);
  const TensorReader reader(path, {});
  WeightsLayout layout{.file_bytes = checkpoint.archive().bytes()};
  std::map<std::uint64_t, ZipEntry> entries;  // by where they begin
  auto left = most_bytes(layout.file_bytes);
  bool as_it_is = true;
  layout.warnings = Collector(path, [&](const std::string& name, const View& view) {
                      const auto extent = reader.extent_of(name, view, left);
                      left -= extent.bytes;
                      const auto& entry = checkpoint.storage(view.storage);
                      if (entry.size != extent.storage)
                        throw wrong_size(path, view.storage, entry.size, extent.storage);
                      as_it_is &= !entry.deflated && is_contiguous(view);
                      entries.emplace(entry.data, entry);
                      const auto offset = extent.bytes == 0 ? 0 : static_cast<std::uint64_t>(view.offset);
                      layout.places.push_back(
                          {name, view.dtype, view.shape, entry.data + offset * dtype_bytes(view.dtype), extent.bytes});
                    }).collect(checkpoint.root());
  if (!as_it_is || !layout.settle()) return std::nullopt;
  for (auto& [begin, entry] : entries) layout.entries.push_back(std::move(entry));
  return layout;
}

}  // namespace weightloom
