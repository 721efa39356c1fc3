#include "weightloom/data/glyphs.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "../support/temporary_folder.hpp"
#include "error_id.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/data/arrays.hpp"
#include "weightloom/data/dataset.hpp"

using namespace weightloom;
using namespace weightloom::testing;
using weightloom::test::TemporaryFolder;

namespace {

GlyphOptions few() {
  GlyphOptions options;
  options.classes = 6;
  options.train = 4;
  options.test = 2;
  return options;
}

ImageData load(const std::filesystem::path& folder) {
  return load_images(DataSpec::parse(folder.string()), {1, 28});
}

double mean(const ImageData& data, std::int64_t image) {
  const auto area = 28 * 28;
  const auto first = data.train.images.begin() + image * area;
  return std::accumulate(first, first + area, 0.0) / area;
}

}  // namespace

TEST_CASE("characters are drawn as a data set with named classes", "[glyphs]") {
  TemporaryFolder folder;
  const auto set = render_glyphs(few(), folder / "glyphs");
  REQUIRE(set.classes.size() == 6);
  CHECK(set.fonts >= 2);
  const auto data = load(folder / "glyphs");
  CHECK(data.class_names == set.classes);
  CHECK(data.train.count() + data.validation.count() == 24);
  CHECK(data.test.count() == 12);
  // Every image shows something, and no two are alike.
  for (std::int64_t i = 0; i < data.train.count(); ++i) {
    const double darkest = -data.mean[0] / data.deviation[0];
    CHECK(mean(data, i) > darkest + 0.05);
    CHECK(mean(data, i) != mean(data, (i + 1) % data.train.count()));
  }
}

TEST_CASE("the same options draw the same bytes, another seed others", "[glyphs]") {
  TemporaryFolder folder;
  auto options = few();
  render_glyphs(options, folder / "a");
  render_glyphs(options, folder / "b");
  options.seed = 1;
  render_glyphs(options, folder / "c");
  const auto images = [&](const char* name) { return read_file(folder / name / "train-images-idx3-ubyte"); };
  CHECK(images("a") == images("b"));
  CHECK(images("a") != images("c"));
}

TEST_CASE("scripts are chosen and left out by name", "[glyphs]") {
  TemporaryFolder folder;
  auto options = few();
  options.classes = 0;
  options.scripts = {"digits", "latin"};
  options.without = {"latin"};
  const auto set = render_glyphs(options, folder / "digits");
  REQUIRE(set.classes.size() == 10);
  CHECK(set.classes.front() == "digits U+0030");
  options.without = {"lattin"};
  try {
    render_glyphs(options, folder / "none");
    FAIL("a script that there is not was accepted");
  } catch (const Error& error) {
    CHECK(error.hint() == "did you mean 'latin'?");
  }
}

TEST_CASE("more than 256 classes have wide labels", "[glyphs]") {
  TemporaryFolder folder;
  auto options = few();
  options.classes = 300;
  options.train = options.test = 1;
  const auto set = render_glyphs(options, folder / "many");
  CHECK(load(folder / "many").class_names == set.classes);
}

TEST_CASE("what cannot be drawn is refused, and nothing is left of it", "[glyphs]") {
  TemporaryFolder folder;
  auto options = few();
  options.fonts = {folder / "no-fonts"};
  CHECK(error_id([&] { render_glyphs(options, folder / "out"); }) == "glyphs.fonts");
  write_file(folder / "broken.ttf", "no font");
  options.fonts = {folder / "broken.ttf"};
  CHECK(error_id([&] { render_glyphs(options, folder / "out"); }) == "glyphs.fonts");
  options = few();
  options.classes = 30000;
  CHECK(error_id([&] { render_glyphs(options, folder / "out"); }) == "glyphs.classes");
  CHECK(!std::filesystem::exists(folder / "out"));
  std::filesystem::create_directory(folder / "out");
  CHECK(error_id([&] { render_glyphs(few(), folder / "out"); }) == "glyphs.exists");
}

TEST_CASE("pixels have the class of the character that stands there", "[glyphs]") {
  TemporaryFolder folder;
  auto options = few();
  const auto set = render_glyphs(options, folder / "images");
  options.pixels = true;
  CHECK(render_glyphs(options, folder / "pixels").classes == set.classes);
  const auto read = read_array_folder(folder / "pixels");
  REQUIRE(read.class_names.size() == 7);
  CHECK(read.class_names[0] == "background");
  CHECK(read.train.inputs.shape == Shape{24, 1, 28, 28});
  CHECK(read.test.targets.shape == Shape{12, 28, 28});
  const auto values = read.train.inputs.f32();
  const auto* classes = reinterpret_cast<const std::int32_t*>(read.train.targets.bytes.data());
  for (std::size_t image = 0; image < 24; ++image) {
    std::set<std::int32_t> seen;
    bool agree = true;
    for (std::size_t i = image * 784; i < (image + 1) * 784; ++i) {
      seen.insert(classes[i]);
      agree &= (classes[i] > 0) == (values[i] > 0.5f);
    }
    CHECK(agree);
    CHECK(seen == std::set<std::int32_t>{0, static_cast<std::int32_t>(image % 6) + 1});
  }
}
