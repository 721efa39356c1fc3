#include "weightloom/data/image.hpp"

#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <charconv>
#include <csetjmp>
#include <cstdio>
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

// libjpeg reports errors by a callback that must not return.
struct JpegErrors {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void jpeg_fail(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  info->err->format_message(info, errors->message);
  std::longjmp(errors->jump, 1);
}

void jpeg_warn(j_common_ptr info, int level) {
  if (level < 0) jpeg_fail(info);  // corrupt data: libjpeg would go on with grey pixels
}

// No object with a destructor lives between setjmp and a possible longjmp in here.
bool decode_jpeg(const std::string& bytes, jpeg_decompress_struct& info, JpegErrors& errors, Raster& raster,
                 Raster (*make)(const std::filesystem::path&, std::int64_t, std::int64_t, std::int64_t),
                 const std::filesystem::path& path) {
  if (setjmp(errors.jump)) return false;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  raster = make(path, info.output_components, info.output_height, info.output_width);
  while (info.output_scanline < info.output_height) {
    auto* row = raster.pixels.data() + static_cast<std::size_t>(info.output_scanline) * info.output_width *
                                           static_cast<std::size_t>(info.output_components);
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

Raster read_jpeg(const std::filesystem::path& path, const std::string& bytes) {
  jpeg_decompress_struct info{};
  JpegErrors errors{};
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = jpeg_fail;
  errors.base.emit_message = jpeg_warn;
  Raster raster;
  try {
    if (!decode_jpeg(bytes, info, errors, raster, make_raster, path)) refuse(path, "image.jpeg", errors.message);
  } catch (...) {
    jpeg_destroy_decompress(&info);
    throw;
  }
  jpeg_destroy_decompress(&info);
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
