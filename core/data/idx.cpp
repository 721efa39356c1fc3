// IDX files (the format of MNIST), plain or gzip-compressed: 0, 0, type (8: unsigned byte; labels also 11: 16-bit and
// 12: 32-bit signed numbers, big-endian), rank, then the sizes as big-endian 32-bit numbers, then the values in C
// order.

#include <zlib.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "source_reader.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMostBytes = 2ull << 30;

[[noreturn]] void refuse(const fs::path& path, const char* id, const std::string& why,
                         const char* hint = "the file is damaged; fetch it again") {
  throw Error(ErrorCode::kRefused, id, "cannot read '" + path.string() + "'", why, hint).at(path.string());
}

// The files of one data set: images and labels for training, images and labels for the test. Empty: not there.
using FileNames = std::array<std::string, 4>;
constexpr std::array<const char*, 4> kUsualNames{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                 "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

// The data sets of a folder by what their file names begin with, such as "emnist-letters-". MNIST's own names are
// train-images-idx3-ubyte and t10k-...; copies of it write ".idx3", others call the second part "test".
std::map<std::string, FileNames> find_sets(const fs::path& folder) {
  static const std::regex form("(.*)(train|t10k|test)-(images-|images\\.|labels-|labels\\.)idx[13]-ubyte(\\.gz)?");
  std::map<std::string, FileNames> sets;
  for (const auto& name : file_names(folder)) {
    std::smatch match;
    if (!std::regex_match(name, match, form)) continue;
    const std::size_t part = match[2] == "train" ? 0 : 2, labels = match.str(3).starts_with("labels") ? 1 : 0;
    // The plain file comes before its compressed twin.
    if (auto& file = sets[match[1]][part + labels]; file.empty()) file = name;
  }
  return sets;
}

FileNames only_set(const fs::path& folder) {
  const auto sets = find_sets(folder);
  if (sets.size() == 1) return sets.begin()->second;
  std::string names;
  for (const auto& [prefix, files] : sets) names += (names.empty() ? "'" : ", '") + prefix + "'";
  refuse(folder, "idx.many_sets", "it holds several data sets, whose files begin with " + names,
         "give each a folder of its own");
}

// zlib reads uncompressed files through the same calls.
class InflatedFile {
 public:
  explicit InflatedFile(fs::path path)
      : path_(std::move(path)), file_(gzdopen(FileReader(path_).duplicate(), "rb"), gzclose) {
    if (!file_) refuse(path_, "idx.gzip", "zlib cannot open it", "free some memory");
  }

  // Appends `count` bytes, or what is left. In pieces: a header that promises too much costs no memory.
  void append_to(std::string& bytes, std::uint64_t count) {
    std::vector<char> buffer(std::min<std::uint64_t>(count, 1 << 20));
    while (count > 0) {
      const auto wanted = static_cast<unsigned>(std::min<std::uint64_t>(count, buffer.size()));
      const int got = gzread(file_.get(), buffer.data(), wanted);
      int error = Z_OK;
      const char* message = gzerror(file_.get(), &error);
      if (got < 0 || (error != Z_OK && error != Z_STREAM_END)) refuse(path_, "idx.gzip", message);
      if (got == 0) return;
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
      count -= static_cast<std::uint64_t>(got);
    }
  }

 private:
  fs::path path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

struct IdxArray {
  std::vector<std::int64_t> sizes;
  std::string bytes;      // of the whole file
  std::size_t begin;      // of the values
  std::size_t width = 1;  // bytes of a value
  const std::uint8_t* values() const { return reinterpret_cast<const std::uint8_t*>(bytes.data()) + begin; }

  std::int64_t value(std::int64_t index) const {
    const auto* at = values() + static_cast<std::size_t>(index) * width;
    if (width == 1) return *at;
    // The first byte has the sign.
    std::int64_t value = static_cast<std::int8_t>(*at);
    for (std::size_t i = 1; i < width; ++i) value = value * 256 + at[i];
    return value;
  }
};

// Bytes of a value of that type; 0: none that is read here. Images are unsigned bytes.
std::size_t width_of(std::uint32_t type, std::size_t rank) {
  if (type == 8) return 1;
  if (rank > 1) return 0;
  return type == 11 ? 2 : type == 12 ? 4 : 0;
}

// Reads the header and gives the number of bytes of the values that it declares.
std::uint64_t read_header(const fs::path& path, std::size_t rank, InflatedFile& file, IdxArray& array) {
  file.append_to(array.bytes, array.begin);
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(array.bytes[i]));
  };
  if (array.bytes.size() < array.begin) refuse(path, "idx.truncated", "the header is incomplete");
  array.width = width_of(byte(2), rank);
  if (byte(0) != 0 || byte(1) != 0 || array.width == 0 || byte(3) != rank)
    refuse(path, "idx.magic",
           "expected an array of " + std::string(rank > 1 ? "unsigned bytes" : "bytes or integers") + " of rank " +
               std::to_string(rank) + "; the type byte is " + std::to_string(byte(2)) + ", the rank " +
               std::to_string(byte(3)));
  std::uint64_t count = array.width;
  for (std::size_t d = 0; d < rank; ++d) {
    const auto at = 4 + 4 * d;
    array.sizes.push_back(byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3));
    // It would hide what the other sizes claim.
    if (array.sizes.back() == 0) refuse(path, "idx.empty", "it has no values: the header declares a size of 0");
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(array.sizes.back()), &count) || count > kMostBytes)
      refuse(path, "idx.too_large", "the header declares over " + std::to_string(kMostBytes) + " bytes");
  }
  return count;
}

IdxArray read_idx(const fs::path& path, std::size_t rank) {
  InflatedFile file(path);
  IdxArray array{{}, {}, 4 + 4 * rank};
  const auto count = read_header(path, rank, file, array);
  file.append_to(array.bytes, count + 1);
  const auto got = array.bytes.size() - array.begin;
  if (got != count)
    refuse(path, "idx.size",
           "the header declares " + std::to_string(count) + " bytes of values, the file has " +
               (got > count ? "more" : std::to_string(got)));
  return array;
}

void read_part(const fs::path& image_path, const fs::path& label_path, Part part,
               const std::vector<std::int64_t>& label_values, const ImageSink& sink, Sha256& hash) {
  const auto images = read_idx(image_path, 3), labels = read_idx(label_path, 1);
  if (images.sizes[0] != labels.sizes[0])
    refuse(label_path, "idx.count",
           std::to_string(labels.sizes[0]) + " labels for " + std::to_string(images.sizes[0]) + " images");
  hash.update(images.bytes).update(labels.bytes);
  const auto area = images.sizes[1] * images.sizes[2];
  Raster raster{1, images.sizes[1], images.sizes[2], std::vector<std::uint8_t>(static_cast<std::size_t>(area))};
  for (std::int64_t i = 0; i < images.sizes[0]; ++i) {
    std::copy_n(images.values() + i * area, area, raster.pixels.begin());
    const auto label = labels.value(i);
    const auto found = std::ranges::lower_bound(label_values, label);
    if (found == label_values.end() || *found != label)
      refuse(label_path, "idx.label",
             "label " + std::to_string(label) + " of image " + std::to_string(i) + " is none of the " +
                 std::to_string(label_values.size()) + " that the data set has");
    sink(raster, found - label_values.begin(), part);
  }
}

}  // namespace

FormFiles idx_files(const fs::path& folder) {
  FormFiles best{{}, {kUsualNames.begin(), kUsualNames.end()}};
  for (const auto& [prefix, names] : find_sets(folder)) {
    FormFiles files;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i].empty())
        files.missing.push_back(prefix + kUsualNames[i]);
      else
        files.found.push_back(names[i]);
    if (files.found.size() > best.found.size()) best = files;
  }
  return best;
}

std::vector<std::int64_t> idx_labels(const fs::path& folder) {
  const auto array = read_idx(folder / only_set(folder)[1], 1);
  std::set<std::int64_t> labels;
  for (std::int64_t i = 0; i < array.sizes[0]; ++i) labels.insert(array.value(i));
  return {labels.begin(), labels.end()};
}

std::vector<std::string> idx_class_names(const fs::path& folder, const std::vector<std::int64_t>& labels) {
  std::vector<std::string> names;
  const auto path = folder / kClassNamesFile;
  if (!fs::exists(path)) {
    for (const auto label : labels) names.push_back(std::to_string(label));
    return names;
  }
  constexpr std::uint64_t kMostNames = 16 << 20;  // bytes
  std::istringstream lines(read_file(path, kMostNames));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) names.push_back(line);
  if (names.size() != labels.size())
    refuse(path, "idx.class_names",
           "it names " + std::to_string(names.size()) + " classes, the labels are of " + std::to_string(labels.size()),
           "give one name a line, in the order of the labels, or remove the file");
  return names;
}

void read_idx_folder(const fs::path& folder, const std::vector<std::int64_t>& labels, const ImageSink& sink,
                     Sha256& hash) {
  const auto names = only_set(folder);
  read_part(folder / names[0], folder / names[1], Part::kTrain, labels, sink, hash);
  read_part(folder / names[2], folder / names[3], Part::kTest, labels, sink, hash);
}

}  // namespace weightloom
