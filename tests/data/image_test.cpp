#include "weightloom/data/image.hpp"

#include <catch2/catch.hpp>

#include "../support/temporary_folder.hpp"
#include "image_files.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;
using namespace weightloom::test;
using namespace weightloom::testing;

namespace {

std::vector<float> resampled(const Raster& image, const ImageForm& form) {
  std::vector<float> out(static_cast<std::size_t>(form.channels * form.size * form.size));
  resample(image, form, out);
  return out;
}

std::string refusal(const std::filesystem::path& path) {
  try {
    read_image(path);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kRefused);
    CHECK(error.path() == path.string());
    return error.id();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("every image format gives its pixels", "[data]") {
  const TemporaryFolder folder;
  write_png(folder.path() / "colour.png", 3, 2, 1, {10, 20, 30, 40, 50, 60});
  const auto colour = read_image(folder.path() / "colour.png");
  CHECK(colour.channels == 3);
  CHECK(colour.width == 2);
  CHECK(colour.height == 1);
  CHECK(colour.pixels == std::vector<std::uint8_t>{10, 20, 30, 40, 50, 60});

  write_png(folder.path() / "grey.png", 1, 2, 2, {1, 2, 3, 4});
  CHECK(read_image(folder.path() / "grey.png").pixels == std::vector<std::uint8_t>{1, 2, 3, 4});

  write_png(folder.path() / "transparent.png", 4, 2, 1, {200, 200, 200, 255, 200, 200, 200, 0});
  CHECK(read_image(folder.path() / "transparent.png").pixels == std::vector<std::uint8_t>{200, 200, 200, 0, 0, 0});

  write_jpeg(folder.path() / "flat.jpg", 8, 8, std::vector<std::uint8_t>(64, 77));
  const auto flat = read_image(folder.path() / "flat.jpg");
  CHECK(flat.channels == 1);
  CHECK(flat.pixels == std::vector<std::uint8_t>(64, 77));

  std::vector<std::uint8_t> red;
  for (int i = 0; i < 64; ++i) red.insert(red.end(), {200, 30, 40});
  write_jpeg(folder.path() / "red.jpg", 8, 8, red, TJPF_RGB);
  const auto jpeg = read_image(folder.path() / "red.jpg");
  CHECK(jpeg.channels == 3);
  CHECK(jpeg.pixels[0] == Approx(200).margin(2));
  CHECK(jpeg.pixels[1] == Approx(30).margin(2));
  CHECK(jpeg.pixels[191] == Approx(40).margin(2));

  write_bytes(folder.path() / "a.pgm", "P5 # a comment\n2 1\n255\n\x05\x06");
  CHECK(read_image(folder.path() / "a.pgm").pixels == std::vector<std::uint8_t>{5, 6});
  write_bytes(folder.path() / "a.ppm", "P6\n1 1 255\n\x01\x02\x03");
  CHECK(read_image(folder.path() / "a.ppm").pixels == std::vector<std::uint8_t>{1, 2, 3});
}

TEST_CASE("damaged image files are refused with path and reason", "[data]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "bad";
  write_bytes(path, "");
  CHECK(refusal(path) == "image.unknown");
  write_bytes(path, "P5 4 4 255\n123");
  CHECK(refusal(path) == "image.truncated");
  write_bytes(path, "P5 99999999 99999999 255\n123");
  CHECK(refusal(path) == "image.too_large");
  write_bytes(path, "P5 0 4 255\n");
  CHECK(refusal(path) == "image.empty");
  write_bytes(path, "P5 #");
  CHECK(refusal(path) == "image.netpbm");
  write_bytes(path, "P5 4 4 65535\n");
  CHECK(refusal(path) == "image.netpbm");

  write_png(folder.path() / "good.png", 3, 30, 30, std::vector<std::uint8_t>(2700, 9));
  const auto png = read_file(folder.path() / "good.png");
  for (std::size_t length : {4u, 20u, 40u, static_cast<unsigned>(png.size()) - 20}) {
    write_bytes(path, png.substr(0, length));
    CHECK(refusal(path) == "image.png");
  }
  write_jpeg(folder.path() / "good.jpg", 64, 64, std::vector<std::uint8_t>(64 * 64, 9));
  const auto jpeg = read_file(folder.path() / "good.jpg");
  for (std::size_t length : {4u, 200u, static_cast<unsigned>(jpeg.size()) - 20}) {
    write_bytes(path, jpeg.substr(0, length));
    CHECK(refusal(path) == "image.jpeg");
  }
  auto corrupt = jpeg;
  corrupt.replace(jpeg.size() - 20, 4, "\xff\xd0\xff\xd0");  // restart marks that do not belong there: a warning
  write_bytes(path, corrupt);
  CHECK(refusal(path) == "image.jpeg");
  auto large = jpeg;
  large.replace(large.find("\xff\xc0") + 5, 4, "\xff\xdc\xff\xdc");  // height and width in the frame's header
  write_bytes(path, large);
  CHECK(refusal(path) == "image.too_large");
  write_jpeg(path, 8, 8, std::vector<std::uint8_t>(4 * 64, 9), TJPF_CMYK);
  CHECK(refusal(path) == "image.cmyk");
  CHECK_THROWS_AS(read_image(folder.path() / "missing.png"), Error);
}

TEST_CASE("shrinking averages areas and growing interpolates", "[data]") {
  const Raster square{1, 2, 2, {0, 100, 200, 100}};
  CHECK(resampled(square, {1, 1}) == std::vector<float>{100});
  CHECK(resampled(square, {1, 2}) == std::vector<float>{0, 100, 200, 100});
  const auto grown = resampled(square, {1, 4});
  CHECK(grown[0] == Approx(0));
  CHECK(grown[1] == Approx(25));
  CHECK(grown[2] == Approx(75));
  CHECK(grown[3] == Approx(100));

  const Raster thirds{1, 1, 3, {0, 90, 180}};
  CHECK(resampled({1, 1, 3, {30, 90, 180}}, {1, 2})[0] == Approx((30 + 0.5 * 90) / 1.5));
  CHECK(resampled(thirds, {1, 1})[0] == Approx(90));
}

TEST_CASE("colours become grey by luma and grey is copied into every channel", "[data]") {
  const Raster colour{3, 1, 1, {10, 20, 30}};
  CHECK(resampled(colour, {1, 1})[0] == Approx(0.299 * 10 + 0.587 * 20 + 0.114 * 30));
  CHECK(resampled(colour, {3, 1}) == std::vector<float>{10, 20, 30});
  CHECK(resampled({1, 1, 1, {7}}, {3, 1}) == std::vector<float>{7, 7, 7});
}
