#include "weightloom/formats/tfjs.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "named_file.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// The largest of published models takes one MiB, topology included. Parsed, hostile text takes 25 times its size.
constexpr std::uint64_t kMostManifest = 16u << 20;
constexpr std::size_t kMostTensors = 1'000'000, kMostShards = 100'000, kMostRank = 32, kLongestName = 1024;

Error refusal(const fs::path& path, const char* id, std::string why, std::string hint = {}) {
  return Error(ErrorCode::kRefused, std::string("tfjs.") + id, "refusing to read '" + path.string() + "'",
               std::move(why),
               hint.empty() ? "the files are damaged or no TensorFlow.js model: get them again from their source"
                            : std::move(hint))
      .at(path.string());
}

struct Quantization {
  DType dtype = DType::kU8;  // as it is stored: kU8, kU16 or kF16
  double scale = 1, min = 0;
};

struct Tensor {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  std::optional<Quantization> quantization;
  std::uint64_t stored_bytes = 0;
};

struct Group {
  std::vector<std::string> paths;
  std::vector<Tensor> tensors;
};

struct Manifest {
  std::vector<Group> groups;
  std::map<std::string, std::string> metadata;
};

std::optional<DType> dtype_of(std::string_view name) {
  static constexpr std::pair<std::string_view, DType> kTypes[] = {
      {"float32", DType::kF32}, {"int32", DType::kI32},   {"bool", DType::kBool},    {"uint8", DType::kU8},
      {"uint16", DType::kU16},  {"float16", DType::kF16}, {"complex64", DType::kC64}};
  for (const auto& [written, dtype] : kTypes)
    if (written == name) return dtype;
  return std::nullopt;
}

// What the JSON says, checked; nothing else of it is looked at.
class ManifestParser {
 public:
  explicit ManifestParser(const fs::path& path) : path_(path) {}

  Manifest parse() {
    Json json;
    try {
      json = parse_json(read_file(path_, kMostManifest), "it");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRefused) throw;
      throw refusal(path_, "bad_manifest", error.why());
    }
    const bool alone = !json.is_object();
    if (!alone && !json.contains("weightsManifest")) bad("it has no 'weightsManifest'");
    parse_groups(alone ? json : json["weightsManifest"]);
    for (const char* key : {"format", "generatedBy", "convertedBy"})
      if (!alone && json.contains(key) && json[key].is_string() &&
          is_printable(json[key].get_ref<const std::string&>()))
        manifest_.metadata.emplace(std::string("tfjs.") + key, json[key].get<std::string>());
    return std::move(manifest_);
  }

 private:
  [[noreturn]] void bad(const std::string& what) const { throw refusal(path_, "bad_manifest", what); }
  [[noreturn]] void bad(const Tensor& tensor, const char* id, const std::string& what) const {
    throw refusal(path_, id, "tensor '" + tensor.name + "' " + what);
  }

  static const Json& list(const Json& object, const char* key) {
    static const Json kNone;
    return object.is_object() && object.contains(key) && object[key].is_array() ? object[key] : kNone;
  }

  void parse_groups(const Json& groups) {
    if (!groups.is_array()) bad("the manifest is no list of groups");
    for (const auto& group : groups) {
      const auto &paths = list(group, "paths"), &weights = list(group, "weights");
      if (paths.is_null() || weights.is_null()) bad("a group has no lists 'paths' and 'weights'");
      manifest_.groups.emplace_back();
      for (const auto& path : paths) add_path(path);
      for (const auto& weight : weights) add_tensor(weight);
    }
    if (!quantizations_.empty())
      manifest_.metadata["tfjs.quantization"] = quantizations_.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void add_path(const Json& path) {
    if (!path.is_string()) bad("the path of a shard is no text");
    const auto& text = path.get_ref<const std::string&>();
    const bool leaves = std::ranges::any_of(fs::path(text), [](const fs::path& part) { return part == ".."; });
    if (text.empty() || !is_printable(text) || leaves || fs::path(text).is_absolute() || text.find('\\') != text.npos ||
        text.find("://") != text.npos)
      throw refusal(path_, "bad_path", "the path '" + printable(text) + "' is not one within the folder",
                    "put the shards beside the manifest, and name them as they are called there");
    manifest_.groups.back().paths.push_back(fs::path(text).lexically_normal().string());
    if (!paths_.insert(manifest_.groups.back().paths.back()).second)
      throw refusal(path_, "duplicate_path", "the shard '" + text + "' is named twice");
    if (paths_.size() > kMostShards) throw refusal(path_, "limit_exceeded", "it names too many shards");
  }

  void add_tensor(const Json& weight) {
    Tensor tensor{.name = text(weight, "name")};
    if (tensor.name.empty() || tensor.name.size() > kLongestName || !is_printable(tensor.name))
      throw refusal(path_, "bad_name",
                    "a tensor's name is not 1 to 1024 bytes of UTF-8 without control or bidirectional control "
                    "characters");
    if (!names_.insert(tensor.name).second)
      throw refusal(path_, "duplicate_name", "two tensors are called '" + tensor.name + "'");
    if (names_.size() > kMostTensors) throw refusal(path_, "limit_exceeded", "it has too many tensors");
    const auto dtype = text(weight, "dtype");
    const auto known = dtype_of(dtype);
    if (!known) bad(tensor, "unknown_dtype", "is of the type '" + printable(dtype) + "', which is not read");
    tensor.dtype = *known;
    tensor.shape = shape_of(weight, tensor);
    if (weight.contains("quantization")) set_quantization(weight["quantization"], tensor);
    try {
      tensor.stored_bytes = byte_count(tensor.quantization ? tensor.quantization->dtype : tensor.dtype, tensor.shape);
      byte_count(tensor.dtype, tensor.shape);
    } catch (const Error&) {
      bad(tensor, "bad_tensor", "is too large");
    }
    manifest_.groups.back().tensors.push_back(std::move(tensor));
  }

  std::string text(const Json& weight, const char* key) const {
    if (!weight.is_object() || !weight.contains(key) || !weight[key].is_string())
      bad(std::string("a tensor has no text '") + key + "'");
    return weight[key].get<std::string>();
  }

  Shape shape_of(const Json& weight, const Tensor& tensor) const {
    const auto& dims = list(weight, "shape");
    if (dims.is_null()) bad(tensor, "bad_tensor", "has no list 'shape'");
    if (dims.size() > kMostRank) bad(tensor, "limit_exceeded", "has rank above 32");
    Shape shape;
    for (const auto& dim : dims) {
      if (!dim.is_number_unsigned() || dim.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        bad(tensor, "bad_tensor", "has a dimension that is no whole number of 0 or more");
      shape.push_back(dim.get<std::int64_t>());
    }
    return shape;
  }

  void set_quantization(const Json& json, Tensor& tensor) {
    const auto dtype = json.is_object() && json.contains("dtype") && json["dtype"].is_string()
                           ? dtype_of(json["dtype"].get_ref<const std::string&>())
                           : std::nullopt;
    Quantization quantization;
    if (dtype == DType::kF16) {
      if (tensor.dtype != DType::kF32) bad(tensor, "bad_quantization", "is stored as float16, and is no float32");
    } else if (dtype == DType::kU8 || dtype == DType::kU16) {
      if (tensor.dtype != DType::kF32 && tensor.dtype != DType::kI32)
        bad(tensor, "bad_quantization", "is quantised, and neither float32 nor int32");
      quantization.scale = finite(json, "scale", tensor);
      quantization.min = finite(json, "min", tensor);
    } else {
      bad(tensor, "bad_quantization", "is quantised in another way than to uint8, uint16 or float16");
    }
    quantization.dtype = *dtype;
    tensor.quantization = quantization;
    quantizations_[tensor.name] = json;
  }

  double finite(const Json& json, const char* key, const Tensor& tensor) const {
    if (!json.contains(key) || !json[key].is_number() || !std::isfinite(json[key].get<double>()))
      bad(tensor, "bad_quantization", std::string("has no finite '") + key + "'");
    return json[key].get<double>();
  }

  const fs::path& path_;
  Manifest manifest_;
  nlohmann::json quantizations_;  // sorted keys: those of an ordered one are looked up in linear time
  std::set<std::string> names_, paths_;
};

// The shards of a group, one behind the other. One is open at a time: a set may have more of them than a process may
// have files.
class Shards {
 public:
  Shards(const fs::path& manifest, const std::vector<std::string>& names) : manifest_(manifest) {
    for (const auto& name : names) add(manifest.has_parent_path() ? manifest.parent_path() / name : fs::path(name));
  }

  std::uint64_t size() const { return size_; }

  // Throws when the shard that was read last has changed since.
  void finish() const {
    if (file_ && !file_->unchanged()) throw changed(current_);
  }

  // The next bytes.
  void read(std::span<std::byte> out) {
    while (!out.empty()) {
      if (at_ == shards_[current_].size) {
        open(current_ + 1);
        continue;
      }
      const auto bytes = std::min<std::uint64_t>(out.size(), shards_[current_].size - at_);
      if (!file_) open(current_);
      file_->read(at_, out.first(bytes));
      at_ += bytes;
      out = out.subspan(bytes);
    }
  }

  // Bytes of weights may begin like anything: asked where they do not fit.
  void expect_none_foreign() const {
    for (const auto& shard : shards_)
      if (const auto foreign = foreign_format(shard.path))
        throw Error(ErrorCode::kRefused, foreign->id, "refusing to read '" + manifest_.string() + "'",
                    "its shard '" + shard.path.filename().string() + "' is " + foreign->name, foreign->hint)
            .at(shard.path.string());
  }

 private:
  struct Shard {
    fs::path path;
    std::uint64_t size;
  };

  void add(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error))
      throw refusal(manifest_, "missing_shard", "the shard '" + path.string() + "' is missing, or is no file",
                    "put all shards beside the manifest");
    if (!lies_with(manifest_, path))
      throw refusal(manifest_, "bad_path", "the shard '" + path.string() + "' is a link that leaves the folder");
    shards_.push_back({path, FileReader(path).size()});
    if (__builtin_add_overflow(size_, shards_.back().size, &size_))
      throw refusal(manifest_, "limit_exceeded", "its shards are too large");
  }

  void open(std::size_t shard) {
    throw_if_interrupted();
    finish();
    current_ = shard;
    at_ = 0;
    file_ = std::make_unique<FileReader>(shards_[shard].path);
    if (file_->size() != shards_[shard].size) throw changed(shard);
  }

  Error changed(std::size_t shard) const {
    return refusal(manifest_, "changed", "'" + shards_[shard].path.string() + "' was written while it was read",
                   "read it when it is complete");
  }

  const fs::path& manifest_;
  std::vector<Shard> shards_;
  std::uint64_t size_ = 0, at_ = 0;  // at_: in the current shard
  std::size_t current_ = 0;
  std::unique_ptr<FileReader> file_;
};

float widened(std::uint16_t half) {
  const std::uint32_t sign = half >> 15, exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign << 31 | 0x7F800000u | fraction << 13);
  const auto digits = static_cast<float>(exponent ? fraction + 1024 : fraction);
  return std::ldexp(sign ? -digits : digits, static_cast<int>(exponent ? exponent : 1) - 25);
}

// Math.round() of JavaScript.
double rounded_half_up(double value) {
  const auto below = std::floor(value);
  return value - below >= 0.5 ? below + 1 : below;
}

template <class Stored, class Value, class Decode>
std::vector<std::byte> decoded(const std::vector<std::byte>& stored, const Decode& decode) {
  const auto count = stored.size() / sizeof(Stored);
  std::vector<std::byte> out(count * sizeof(Value));
  for (std::size_t i = 0; i < count; ++i) {
    Stored q;
    std::memcpy(&q, &stored[i * sizeof q], sizeof q);
    const Value value = decode(q);
    std::memcpy(&out[i * sizeof value], &value, sizeof value);
  }
  return out;
}

template <class Stored>
std::vector<std::byte> affine(const Tensor& tensor, const std::vector<std::byte>& stored, const fs::path& path) {
  const auto [dtype, scale, min] = *tensor.quantization;
  const auto real = [scale = scale, min = min](Stored q) { return q * scale + min; };
  if (tensor.dtype == DType::kF32)
    return decoded<Stored, float>(stored, [&](Stored q) { return static_cast<float>(real(q)); });
  return decoded<Stored, std::int32_t>(stored, [&](Stored q) {
    const auto value = rounded_half_up(real(q));
    if (!(value >= INT32_MIN && value <= INT32_MAX))
      throw refusal(path, "bad_quantization", "tensor '" + tensor.name + "' stands for numbers beyond int32");
    return static_cast<std::int32_t>(value);
  });
}

std::vector<std::byte> values_of(const Tensor& tensor, std::vector<std::byte> stored, const fs::path& path) {
  if (!tensor.quantization) return stored;
  if (tensor.quantization->dtype == DType::kF16) return decoded<std::uint16_t, float>(stored, widened);
  if (tensor.quantization->dtype == DType::kU8) return affine<std::uint8_t>(tensor, stored, path);
  return affine<std::uint16_t>(tensor, stored, path);
}

void read_group(const Group& group, const fs::path& path, TensorMap& tensors) {
  Shards shards(path, group.paths);
  std::uint64_t expected = 0;
  for (const auto& tensor : group.tensors)
    if (__builtin_add_overflow(expected, tensor.stored_bytes, &expected)) expected = UINT64_MAX;
  if (expected != shards.size()) {
    shards.expect_none_foreign();
    throw refusal(
        path, "bytes_mismatch",
        "its tensors take " + std::to_string(expected) + " bytes, the shards hold " + std::to_string(shards.size()),
        "download the shards again: an error page may have been saved as one");
  }
  for (const auto& tensor : group.tensors) {
    std::vector<std::byte> stored(tensor.stored_bytes);
    shards.read(stored);
    tensors.emplace(tensor.name, HostTensor{tensor.dtype, tensor.shape, values_of(tensor, std::move(stored), path)});
  }
  shards.finish();
}

std::vector<std::string> quantization_warnings(const Manifest& manifest) {
  std::map<std::string, std::size_t> counts;
  for (const auto& group : manifest.groups)
    for (const auto& tensor : group.tensors)
      if (tensor.quantization) ++counts[std::string(dtype_name(tensor.quantization->dtype))];
  std::vector<std::string> warnings;
  for (const auto& [dtype, count] : counts)
    warnings.push_back(std::to_string(count) + (count == 1 ? " tensor is" : " tensors are") + " quantised to " + dtype +
                       ": the decoded values are stored, not those that were trained");
  return warnings;
}

}  // namespace

TfjsFile read_tfjs(const fs::path& path) {
  auto manifest = ManifestParser(path).parse();
  TfjsFile file{{}, std::move(manifest.metadata), quantization_warnings(manifest)};
  for (const auto& group : manifest.groups) read_group(group, path, file.tensors);
  return file;
}

std::set<std::string> tfjs_shard_names(const fs::path& path) {
  std::set<std::string> names;
  try {
    for (const auto& group : ManifestParser(path).parse().groups) names.insert(group.paths.begin(), group.paths.end());
  } catch (const Error&) {
    // It is refused when it is read.
  }
  return names;
}

}  // namespace weightloom
