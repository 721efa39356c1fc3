// IDX files (the format of MNIST), plain or gzip-compressed: 0, 0, type (8: unsigned byte), rank, then the sizes as
// big-endian 32-bit numbers, then the values in C order.

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "source_reader.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMostBytes = 2ull << 30;

[[noreturn]] void refuse(const fs::path& path, const char* id, const std::string& why) {
  throw Error(ErrorCode::kRefused, id, "cannot read '" + path.string() + "'", why,
              "the file is damaged; fetch it again")
      .at(path.string());
}

// zlib reads uncompressed files through the same calls.
std::string inflate(const fs::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file)
    throw Error(ErrorCode::kNotFound, "file.open", "cannot open '" + path.string() + "'", "no such readable file")
        .at(path.string());
  std::string bytes;
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    int error = Z_OK;
    const char* message = gzerror(file.get(), &error);
    if (got < 0 || (error != Z_OK && error != Z_STREAM_END)) refuse(path, "idx.gzip", message);
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > kMostBytes)
      refuse(path, "idx.too_large", "it unpacks to over " + std::to_string(kMostBytes) + " bytes");
  }
}

struct IdxArray {
  std::vector<std::int64_t> sizes;
  std::string bytes;
  std::size_t begin = 0;  // of the values
};

IdxArray read_idx(const fs::path& path, std::size_t rank) {
  IdxArray array{{}, inflate(path), 4 + 4 * rank};
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(array.bytes[i]));
  };
  if (array.bytes.size() < array.begin) refuse(path, "idx.truncated", "the header is incomplete");
  if (byte(0) != 0 || byte(1) != 0 || byte(2) != 8 || byte(3) != rank)
    refuse(path, "idx.magic",
           "expected an array of unsigned bytes of rank " + std::to_string(rank) + "; the type byte is " +
               std::to_string(byte(2)) + ", the rank " + std::to_string(byte(3)));
  std::uint64_t count = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    const auto at = 4 + 4 * d;
    array.sizes.push_back(byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3));
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(array.sizes.back()), &count) || count > kMostBytes)
      refuse(path, "idx.too_large", "the header declares over " + std::to_string(kMostBytes) + " bytes");
  }
  if (array.bytes.size() - array.begin != count)
    refuse(path, "idx.size",
           "the header declares " + std::to_string(count) + " bytes of values, the file has " +
               std::to_string(array.bytes.size() - array.begin));
  return array;
}

fs::path find_file(const fs::path& folder, const std::string& name) {
  const fs::path plain = folder / name, packed = folder / (name + ".gz");
  return fs::exists(plain) ? plain : packed;
}

void read_part(const fs::path& folder, const std::string& prefix, Part part, std::int64_t classes,
               const ImageSink& sink, Sha256& hash) {
  const auto image_path = find_file(folder, prefix + "-images-idx3-ubyte"),
             label_path = find_file(folder, prefix + "-labels-idx1-ubyte");
  const auto images = read_idx(image_path, 3), labels = read_idx(label_path, 1);
  if (images.sizes[0] != labels.sizes[0])
    refuse(label_path, "idx.count",
           std::to_string(labels.sizes[0]) + " labels for " + std::to_string(images.sizes[0]) + " images");
  if (images.sizes[1] == 0 || images.sizes[2] == 0) refuse(image_path, "idx.empty", "the images have no pixels");
  hash.update(images.bytes).update(labels.bytes);
  const auto area = static_cast<std::size_t>(images.sizes[1] * images.sizes[2]);
  Raster raster{1, images.sizes[1], images.sizes[2], std::vector<std::uint8_t>(area)};
  for (std::int64_t i = 0; i < images.sizes[0]; ++i) {
    const auto* pixels =
        reinterpret_cast<const std::uint8_t*>(images.bytes.data()) + images.begin + static_cast<std::size_t>(i) * area;
    std::copy_n(pixels, area, raster.pixels.begin());
    const auto label = static_cast<unsigned char>(labels.bytes[labels.begin + static_cast<std::size_t>(i)]);
    if (label >= classes)
      refuse(label_path, "idx.label",
             "label " + std::to_string(label) + " of image " + std::to_string(i) + "; there are " +
                 std::to_string(classes) + " classes");
    sink(raster, label, part);
  }
}

}  // namespace

void read_idx_folder(const fs::path& folder, std::int64_t classes, const ImageSink& sink, Sha256& hash) {
  read_part(folder, "train", Part::kTrain, classes, sink, hash);
  read_part(folder, "t10k", Part::kTest, classes, sink, hash);
}

bool idx_folder_present(const fs::path& folder) {
  for (const char* name :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
    if (!fs::exists(find_file(folder, name))) return false;
  return true;
}

}  // namespace weightloom
