#include "weightloom/formats/weights_file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <regex>
#include <span>
#include <utility>

#include "safetensors_header.hpp"
#include "safetensors_index.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/npz.hpp"
#include "weightloom/formats/pytorch.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/tfjs.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// One page: indexes state a short "metadata" ahead of their "weight_map".
constexpr std::uint64_t kBeginning = 4096;
constexpr std::string_view kSafetensors = ".safetensors", kNpy = ".npy", kNpz = ".npz", kPytorch = ".pt",
                           kManifest = "-weights_manifest.json", kJson = ".json";

// How one calls a file: the extension, and what stands before it. Case does not count.
struct Name {
  std::string stem;
  std::string_view extension;  // kSafetensors, kPytorch, ..., kIndex, or nothing
};
constexpr std::string_view kIndex = ".index.json";

// Of sharded sets the kind of number may stand in the name: "model.safetensors.fp16.index.json" is "model.fp16".
Name split_name(const std::string& name) {
  static const std::regex kIndexName(R"((.+)\.(?:safetensors|bin|pth?)(?:(\.\w+)\.index|\.index(\.\w+)?)\.json)",
                                     std::regex::icase);
  std::smatch parts;
  if (std::regex_match(name, parts, kIndexName)) return {parts[1].str() + parts[2].str() + parts[3].str(), kIndex};
  static constexpr std::pair<std::string_view, std::string_view> kExtensions[] = {
      {kSafetensors, kSafetensors}, {kNpy, kNpy},        {kNpz, kNpz},           {kPytorch, kPytorch},
      {".pth", kPytorch},           {".ckpt", kPytorch}, {kManifest, kManifest}, {kJson, kJson}};
  for (const auto& [written, extension] : kExtensions)
    if (name.size() > written.size() &&
        std::ranges::equal(std::string_view(name).substr(name.size() - written.size()), written,
                           [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; }))
      return {name.substr(0, name.size() - written.size()), extension};
  return {name, {}};
}

constexpr std::string_view kJsonSpace = " \t\r\n";

bool begins_json_object(std::string_view text) {
  const auto first = text.find_first_not_of(kJsonSpace);
  return first != std::string_view::npos && text[first] == '{';
}

// The length keeps text apart: eight letters are a number far beyond the limit.
bool begins_as_safetensors(std::string_view beginning) {
  std::uint64_t length = 0;
  if (beginning.size() <= sizeof length) return false;
  std::memcpy(&length, beginning.data(), sizeof length);
  return length <= safetensors::kMaxHeader && begins_json_object(beginning.substr(sizeof length));
}

bool begins_as_index(std::string_view beginning) {
  return begins_json_object(beginning) && beginning.find("\"weight_map\"") != std::string_view::npos;
}

bool begins_as_npy(std::string_view beginning) {
  return beginning.starts_with("\x93NUMPY");
}

// Its name follows a local header of 30 bytes. Empty when the file is no archive.
std::string_view first_entry_of_zip(std::string_view beginning) {
  constexpr std::string_view kMagic("PK\x03\x04", 4);
  constexpr std::size_t kHeader = 30, kNameLength = 26;
  if (!beginning.starts_with(kMagic) || beginning.size() < kHeader) return {};
  std::uint16_t length = 0;
  std::memcpy(&length, beginning.data() + kNameLength, sizeof length);
  return beginning.substr(kHeader, length);
}

bool begins_as_npz(std::string_view beginning) {
  return first_entry_of_zip(beginning).ends_with(kNpy);
}

// Before PyTorch 1.6: a pickle of the magic number, from protocol 4 on in a frame.
bool begins_as_legacy_pytorch(std::string_view beginning) {
  constexpr std::string_view kMagic("\x8a\x0a\x6c\xfc\x9c\x46\xf9", 7);
  constexpr std::size_t kProtocol = 2, kFrame = 9;
  if (!beginning.starts_with('\x80')) return false;
  beginning.remove_prefix(std::min(kProtocol, beginning.size()));
  if (beginning.starts_with('\x95')) beginning.remove_prefix(std::min(kFrame, beginning.size()));
  return beginning.starts_with(kMagic);
}

// As torch.save writes them.
bool begins_as_pytorch(std::string_view beginning) {
  if (begins_as_legacy_pytorch(beginning)) return true;
  const auto name = first_entry_of_zip(beginning);
  return name.ends_with("/data.pkl") || name.ends_with("/version") || name.ends_with("/byteorder") ||
         name.ends_with("/.format_version");
}

// The manifest itself stands at the end, behind the topology; by itself it is a list.
bool begins_as_tfjs(std::string_view beginning) {
  if (!begins_json_object(beginning)) {
    std::string dense(beginning);
    std::erase_if(dense, [](char c) { return kJsonSpace.find(c) != std::string_view::npos; });
    return dense.starts_with("[{\"weights\":") || dense.starts_with("[{\"paths\":");
  }
  const auto says = [&](std::string_view word) { return beginning.find(word) != std::string_view::npos; };
  return says("\"modelTopology\"") || says("\"weightsManifest\"") ||
         (says("\"format\"") && (says("\"graph-model\"") || says("\"layers-model\"")));
}

SafetensorsFile read_shard(const fs::path& path);

WeightsFile weights_of(SafetensorsFile file) {
  return {std::move(file.tensors), std::move(file.metadata), std::move(file.warnings), {}};
}

struct Reader {
  WeightsFormat format;
  std::string_view extension;
  bool (*matches)(std::string_view beginning);
  WeightsFile (*read)(const fs::path& path);
  std::set<std::string> (*shard_names)(const fs::path& path) = nullptr;  // of an index
};
constexpr std::array<Reader, 6> kReaders{
    {{{.name = "safetensors", .self_contained = true, .found_by_searching = true},
      kSafetensors,
      begins_as_safetensors,
      [](const fs::path& path) { return weights_of(read_safetensors(path)); }},
     {{.name = "safetensors", .self_contained = false, .found_by_searching = true},
      kIndex,
      begins_as_index,
      [](const fs::path& path) { return weights_of(safetensors::read_sharded(path, read_shard)); },
      safetensors::shard_names},
     {{.name = "pytorch", .self_contained = true, .found_by_searching = true},
      kPytorch,
      begins_as_pytorch,
      [](const fs::path& path) {
        auto file = read_pytorch(path);
        return WeightsFile{std::move(file.tensors), {}, std::move(file.warnings), {}};
      }},
     {{.name = "npy", .self_contained = true, .found_by_searching = false},
      kNpy,
      begins_as_npy,
      [](const fs::path& path) {
        return WeightsFile{{{path.stem().string(), read_npy(path)}}, {}, {}, {}};
      }},
     {{.name = "npz", .self_contained = true, .found_by_searching = true},
      kNpz,
      begins_as_npz,
      [](const fs::path& path) {
        return WeightsFile{read_npz(path), {}, {}, {}};
      }},
     {{.name = "tfjs", .self_contained = false, .found_by_searching = true},
      kManifest,
      begins_as_tfjs,
      [](const fs::path& path) {
        auto file = read_tfjs(path);
        return WeightsFile{std::move(file.tensors), std::move(file.metadata), std::move(file.warnings), {}};
      },
      tfjs_shard_names}}};

const Reader* reader_by_name(const fs::path& path) {
  const auto extension = split_name(path.filename().string()).extension;
  const auto* found = std::ranges::find(kReaders, extension, &Reader::extension);
  return found == kReaders.end() ? nullptr : found;
}

std::string beginning_of(const fs::path& path) {
  const FileReader file(path);
  std::string beginning(std::min(file.size(), kBeginning), '\0');
  file.read(0, std::as_writable_bytes(std::span(beginning)));
  return beginning;
}

constexpr const char *kZip = "weights.zip", *kPickle = "weights.pickle";

struct Signature {
  std::string_view begins;  // in lower case
  const char *id, *name, *hint;
  bool holds_weights;
};
constexpr const char* kUnpack = "unpack it first";
constexpr const char* kConvert = "save the weights as safetensors first";
constexpr Signature kSignatures[] = {
    {"version https://git-lfs", "weights.lfs_pointer", "a Git LFS pointer in place of the file",
     "get the file itself with `git lfs pull`", true},
    {{"pk\x03\x04", 4}, kZip, "a zip archive, but not as PyTorch writes checkpoints", kUnpack, true},
    {{"\x80\x02", 2}, kPickle, "a Python pickle, but not as PyTorch writes checkpoints", kConvert, true},
    {{"\x80\x03", 2}, kPickle, "a Python pickle", kConvert, true},
    {{"\x80\x04", 2}, kPickle, "a Python pickle", kConvert, true},
    {{"\x80\x05", 2}, kPickle, "a Python pickle", kConvert, true},
    {"gguf", "weights.gguf", "a GGUF file", kConvert, true},
    {{"\x89hdf\r\n\x1a\n", 8}, "weights.hdf5", "an HDF5 file, as Keras writes them", kConvert, true},
    {"<!doctype html", "weights.html", "an HTML page", "the download went wrong: get the file again", false},
    {"<html", "weights.html", "an HTML page", "the download went wrong: get the file again", false},
    {"<?xml", "weights.xml", "an XML page", "the download went wrong: get the file again", false},
    {{"\x1f\x8b", 2}, "weights.compressed", "compressed (gzip)", kUnpack, false},
    {{"\x28\xb5\x2f\xfd", 4}, "weights.compressed", "compressed (zstd)", kUnpack, false},
    {{"\xfd\x37zxz", 5}, "weights.compressed", "compressed (xz)", kUnpack, false},
    {{"7z\xbc\xaf\x27\x1c", 6}, "weights.compressed", "compressed (7z)", kUnpack, false},
    {"bzh", "weights.compressed", "compressed (bzip2)", kUnpack, false},
    {{"\0\x05\x16\x07", 4},
     "weights.appledouble",
     "what macOS puts beside a file, not the file itself",
     "leave it out: the file itself has the same name without \"._\"",
     false}};

// The magic of tar stands behind the name of its first file.
bool is_tar(std::string_view beginning) {
  constexpr std::size_t kPlace = 257;
  return beginning.size() > kPlace && beginning.substr(kPlace).starts_with("ustar");
}
constexpr Signature kTar{"", "weights.tar", "a tar archive", kUnpack, false};

// The length of a safetensors header is any number, also one whose bytes begin as another format does.
const Signature* signature_of(std::string beginning) {
  if (begins_as_safetensors(beginning)) return nullptr;
  if (is_tar(beginning)) return &kTar;
  std::ranges::transform(beginning, beginning.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* found = std::ranges::find_if(
      kSignatures, [&](const Signature& signature) { return beginning.starts_with(signature.begins); });
  return found == std::end(kSignatures) ? nullptr : found;
}

const Reader* reader_by_content(std::string_view beginning) {
  const auto* found = std::ranges::find_if(kReaders, [&](const auto& reader) { return reader.matches(beginning); });
  return found == kReaders.end() ? nullptr : found;
}

const Reader* reader_of(const fs::path& path) {
  const auto beginning = beginning_of(path);
  if (const auto* found = reader_by_content(beginning)) return found;
  const auto* by_name = reader_by_name(path);
  const auto* signature = signature_of(beginning);
  if (!signature || !by_name) return by_name;
  // What is called a checkpoint and is an archive or a pickle is refused by the reader, which knows why.
  const std::string_view kind = signature->id, called = by_name->extension;
  const bool container = kind == kZip ? called == kPytorch || called == kNpz : kind == kPickle && called == kPytorch;
  return container ? by_name : nullptr;
}

Error unknown_format(const fs::path& path);

// A set is read one level deep, whatever a shard says that it is.
SafetensorsFile read_shard(const fs::path& path) {
  const auto* reader = reader_of(path);
  if (!reader && foreign_format(path)) throw unknown_format(path);
  if (!reader || !reader->format.self_contained) return read_safetensors(path);
  auto file = reader->read(path);
  return {std::move(file.tensors), std::move(file.metadata), std::move(file.warnings)};
}

Error unknown_format(const fs::path& path) {
  const auto foreign = foreign_format(path);
  return Error(ErrorCode::kRefused, foreign ? foreign->id : "weights.unknown_format",
               "refusing to read '" + path.string() + "'",
               foreign ? "it is " + foreign->name : "it begins as no weights file does",
               foreign
                   ? foreign->hint
                   : "safetensors files, PyTorch checkpoints, indexes of sharded ones, TensorFlow.js models and NumPy "
                     "arrays (.npy, .npz) are read; convert other checkpoints first")
      .at(path.string(), 0);
}

}  // namespace

std::optional<WeightsFormat> detect_format(const fs::path& path) {
  const auto* reader = reader_of(path);
  return reader ? std::optional(reader->format) : std::nullopt;
}

bool begins_as_weights(const fs::path& path) {
  return reader_by_content(beginning_of(path)) != nullptr;
}

WeightsFile read_weights(const fs::path& path) {
  const auto* reader = reader_of(path);
  if (!reader) throw unknown_format(path);
  auto file = reader->read(path);
  file.format = reader->format.name;
  return file;
}

WeightsFile read_shards(const std::vector<fs::path>& shards) {
  auto file = weights_of(safetensors::read_shards(shards, read_shard));
  const auto* reader = reader_of(shards.front());
  file.format = (reader ? *reader : kReaders.front()).format.name;
  return file;
}

std::optional<ForeignFormat> foreign_format(const fs::path& path) {
  const auto* found = signature_of(beginning_of(path));
  if (!found) return std::nullopt;
  return ForeignFormat{found->id, found->name, found->hint, found->holds_weights};
}

std::set<std::string> shard_names(const fs::path& index) {
  const auto* reader = reader_of(index);
  return reader && reader->shard_names ? reader->shard_names(index) : std::set<std::string>();
}

bool is_named_as_weights(const fs::path& path) {
  const auto* reader = reader_by_name(path);
  return reader && reader->format.found_by_searching;
}

std::string without_extension(const fs::path& path) {
  const auto stem = split_name(path.filename().string()).stem;
  return (path.parent_path() / stem).generic_string();
}

}  // namespace weightloom
