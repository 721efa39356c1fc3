#include "weightloom/data/image.hpp"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

constexpr std::uint64_t kMostBytes = 256u << 20;
constexpr std::int64_t kMostPixels = 64'000'000;

[[noreturn]] void refuse(const std::filesystem::path& path, const char* id, const std::string& why) {
  throw Error(ErrorCode::kRefused, id, "cannot read image '" + path.string() + "'", why,
              "images are PNG, JPEG, or binary PGM or PPM files")
      .at(path.string());
}

Raster make_raster(const std::filesystem::path& path, std::int64_t channels, std::int64_t height, std::int64_t width) {
  if (height <= 0 || width <= 0) refuse(path, "image.empty", "it has no pixels");
  if (height > kMostPixels / width)
    refuse(path, "image.too_large",
           std::to_string(width) + " x " + std::to_string(height) + " pixels; the limit is " +
               std::to_string(kMostPixels));
  return {channels, height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(channels * height * width))};
}

Raster read_png(const std::filesystem::path& path, const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto fail = [&] {
    const std::string why = image.message;
    png_image_free(&image);
    refuse(path, "image.png", why);
  };
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) fail();
  const bool colour = image.format & PNG_FORMAT_FLAG_COLOR;
  image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Raster raster;
  try {
    raster = make_raster(path, colour ? 3 : 1, image.height, image.width);
  } catch (...) {
    png_image_free(&image);
    throw;
  }
  const png_color black{0, 0, 0};
  if (!png_image_finish_read(&image, &black, raster.pixels.data(), 0, nullptr)) fail();
  if (image.warning_or_error & PNG_IMAGE_ERROR) fail();
  return raster;
}

Raster read_jpeg(const std::filesystem::path& path, const std::string& bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto check = [&](int result) {
    if (result != 0) refuse(path, "image.jpeg", tjGetErrorStr2(decoder.get()));
  };
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  check(tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colours));
  if (width == 0) refuse(path, "image.jpeg", "it ends before the size of the image");  // tables alone are no error
  // Whether ink values are stored inverted depends on the program that wrote them.
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) refuse(path, "image.cmyk", "its colours are inks (CMYK), not RGB");
  const bool grey = colours == TJCS_GRAY;
  auto raster = make_raster(path, grey ? 1 : 3, height, width);
  // Corrupt data is a warning only, after which the decoder goes on with grey pixels. A small progressive file could
  // keep it busy for minutes with thousands of scans.
  check(tjDecompress2(decoder.get(), data, bytes.size(), raster.pixels.data(), width, 0, height,
                      grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS));
  return raster;
}

// Netpbm: magic, width, height and maximum as decimal text with comments, one white-space byte, then the pixels.
Raster read_netpbm(const std::filesystem::path& path, const std::string& bytes) {
  std::size_t at = 2;
  const auto next = [&] {
    while (at < bytes.size() &&
           (std::string_view(" \t\r\n").find(bytes[at]) != std::string_view::npos || bytes[at] == '#')) {
      if (bytes[at] == '#') at = std::min(bytes.find('\n', at), bytes.size() - 1);
      ++at;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(bytes.data() + at, bytes.data() + bytes.size(), value);
    if (error != std::errc()) refuse(path, "image.netpbm", "the header has no number at byte " + std::to_string(at));
    at = static_cast<std::size_t>(end - bytes.data());
    return value;
  };
  const auto width = next(), height = next(), maximum = next();
  if (maximum != 255)
    refuse(path, "image.netpbm", "the largest pixel value must be 255, not " + std::to_string(maximum));
  ++at;
  auto raster = make_raster(path, bytes[1] == '6' ? 3 : 1, height, width);
  if (at > bytes.size() || bytes.size() - at < raster.pixels.size())
    refuse(path, "image.truncated",
           "the pixels need " + std::to_string(raster.pixels.size()) + " bytes, the file has " +
               std::to_string(bytes.size() - std::min(at, bytes.size())));
  std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()) + at, raster.pixels.size(), raster.pixels.begin());
  return raster;
}

}  // namespace

Raster read_image(const std::filesystem::path& path) {
  const std::string bytes = read_file(path, kMostBytes);
  const std::string_view view = bytes;
  if (view.starts_with("\x89PNG")) return read_png(path, bytes);
  if (view.starts_with("\xff\xd8\xff")) return read_jpeg(path, bytes);
  if (view.starts_with("P5") || view.starts_with("P6")) return read_netpbm(path, bytes);
  refuse(path, "image.unknown", "the first bytes are those of no known image format");
}

}  // namespace weightloom
