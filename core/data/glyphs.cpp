#include "weightloom/data/glyphs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numbers>
#include <set>

#include "glyph_font.hpp"
#include "new_data_folder.hpp"
#include "source_reader.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/npy.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

// The letters of scripts, as the code charts of Unicode 15 number them: [first, last].
struct Script {
  const char* name;
  std::uint32_t first, last;
};
constexpr Script kScripts[] = {{"digits", 0x30, 0x39},
                               {"latin", 0x41, 0x5A},
                               {"latin-small", 0x61, 0x7A},
                               {"greek", 0x391, 0x3A9},
                               {"greek-small", 0x3B1, 0x3C9},
                               {"cyrillic", 0x410, 0x42F},
                               {"cyrillic-small", 0x430, 0x44F},
                               {"armenian", 0x531, 0x556},
                               {"armenian-small", 0x561, 0x586},
                               {"hebrew", 0x5D0, 0x5EA},
                               {"arabic", 0x621, 0x64A},
                               {"syriac", 0x710, 0x72C},
                               {"nko", 0x7CA, 0x7EA},
                               {"devanagari", 0x904, 0x939},
                               {"bengali", 0x985, 0x9B9},
                               {"gurmukhi", 0xA05, 0xA39},
                               {"gujarati", 0xA85, 0xAB9},
                               {"oriya", 0xB05, 0xB39},
                               {"tamil", 0xB85, 0xBB9},
                               {"telugu", 0xC05, 0xC39},
                               {"kannada", 0xC85, 0xCB9},
                               {"malayalam", 0xD05, 0xD39},
                               {"sinhala", 0xD85, 0xDC6},
                               {"thai", 0xE01, 0xE2E},
                               {"lao", 0xE81, 0xEAE},
                               {"tibetan", 0xF40, 0xF69},
                               {"myanmar", 0x1000, 0x1020},
                               {"georgian", 0x10D0, 0x10F0},
                               {"hangul", 0x1100, 0x1112},
                               {"ethiopic", 0x1200, 0x1247},
                               {"cherokee", 0x13A0, 0x13EF},
                               {"canadian", 0x1401, 0x1466},
                               {"ogham", 0x1681, 0x169A},
                               {"runic", 0x16A0, 0x16EA},
                               {"khmer", 0x1780, 0x17B3},
                               {"mongolian", 0x1820, 0x1842},
                               {"glagolitic", 0x2C00, 0x2C2E},
                               {"coptic", 0x2C80, 0x2CB1},
                               {"tifinagh", 0x2D30, 0x2D67},
                               {"hiragana", 0x3041, 0x3094},
                               {"katakana", 0x30A1, 0x30F4},
                               {"bopomofo", 0x3105, 0x312C},
                               {"lisu", 0xA4D0, 0xA4F7},
                               {"vai", 0xA500, 0xA551},
                               {"javanese", 0xA984, 0xA9B2}};
// A class of one font would be told by its typeface.
constexpr std::size_t kLeastFonts = 2;

struct Character {
  const Script* script;
  std::uint32_t code;
  std::vector<std::size_t> fonts;
};

std::vector<const Script*> chosen_scripts(const GlyphOptions& options) {
  const auto names = glyph_scripts();
  for (const auto* list : {&options.scripts, &options.without})
    for (const auto& name : *list)
      if (!std::ranges::count(names, name)) {
        const auto near = nearest_name(name, names);
        throw Error(ErrorCode::kUsage, "glyphs.script", "there is no script '" + name + "'", "",
                    near.empty() ? "weightloom data render --help lists them" : "did you mean '" + near + "'?");
      }
  std::vector<const Script*> scripts;
  for (const auto& script : kScripts)
    if ((options.scripts.empty() || std::ranges::count(options.scripts, script.name)) &&
        !std::ranges::count(options.without, script.name))
      scripts.push_back(&script);
  return scripts;
}

std::vector<fs::path> font_files(const std::vector<fs::path>& places) {
  std::set<fs::path> files;  // in an order that no file system changes
  const auto add = [&](const fs::path& path) {
    const auto ending = path.extension();
    if (ending == ".ttf" || ending == ".otf" || ending == ".ttc") files.insert(path);
  };
  for (const auto& place : places) {
    std::error_code error;
    if (fs::is_regular_file(place, error)) add(place);
    for (fs::recursive_directory_iterator at(place, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error))
      if (at->is_regular_file(error)) add(at->path());
  }
  return {files.begin(), files.end()};
}

std::vector<std::unique_ptr<GlyphFont>> open_fonts(const std::vector<fs::path>& places) {
  std::vector<std::unique_ptr<GlyphFont>> fonts;
  for (const auto& path : font_files(places))
    if (auto font = GlyphFont::open(path)) fonts.push_back(std::move(font));
  return fonts;
}

std::vector<Character> characters(const std::vector<const Script*>& scripts,
                                  const std::vector<std::unique_ptr<GlyphFont>>& fonts) {
  std::vector<Character> out;
  for (const Script* script : scripts)
    for (auto code = script->first; code <= script->last; ++code) {
      throw_if_interrupted();
      Character character{script, code, {}};
      for (std::size_t f = 0; f < fonts.size(); ++f)
        if (fonts[f]->draws(code)) character.fonts.push_back(f);
      if (character.fonts.size() >= kLeastFonts) out.push_back(std::move(character));
    }
  return out;
}

void keep_some(std::vector<Character>& characters, std::int64_t wanted, std::uint64_t seed) {
  if (wanted == 0) return;
  const auto all = static_cast<std::int64_t>(characters.size());
  if (wanted > all)
    throw Error(ErrorCode::kUsage, "glyphs.classes", "there are not that many characters",
                std::to_string(wanted) + " were asked for, the fonts have " + std::to_string(all),
                "install more fonts (Debian: fonts-noto-core), or ask for fewer");
  auto order = Random(derive_seed(seed, "characters")).permutation(all);
  order.resize(static_cast<std::size_t>(wanted));
  std::ranges::sort(order);
  std::vector<Character> kept;
  for (const auto i : order) kept.push_back(std::move(characters[static_cast<std::size_t>(i)]));
  characters = std::move(kept);
}

// Ranges that leave every character readable; sizes and moves are shares of an image's side.
GlyphPose draw_pose(std::int64_t size, Random& random) {
  const auto between = [&](double low, double high) { return low + (high - low) * random.uniform(); };
  const double side = static_cast<double>(size);
  GlyphPose pose{
      .size = side * between(0.54, 0.86), .move_x = side * between(-0.07, 0.07), .move_y = side * between(-0.07, 0.07)};
  const double turn = between(-14, 14) * std::numbers::pi / 180, slant = between(-0.25, 0.25);
  const double wide = between(0.9, 1.1), high = between(0.9, 1.1);
  // Stretched, then slanted, then turned.
  pose.xx = wide * std::cos(turn);
  pose.yx = wide * std::sin(turn);
  pose.xy = high * (slant * std::cos(turn) - std::sin(turn));
  pose.yy = high * (slant * std::sin(turn) + std::cos(turn));
  return pose;
}

std::vector<std::uint8_t> draw(const Character& character, const std::vector<std::unique_ptr<GlyphFont>>& fonts,
                               std::int64_t size, Random& random) {
  constexpr int kTries = 32;  // an outline may be broken at some sizes only
  for (int i = 0; i < kTries; ++i) {
    auto& font = *fonts[character.fonts[random.below(character.fonts.size())]];
    auto pixels = font.draw(character.code, draw_pose(size, random), size);
    if (!pixels.empty()) return pixels;
  }
  throw Error(ErrorCode::kFailure, "glyphs.draw", "cannot draw character " + std::to_string(character.code),
              "no font that claims to have it could",
              "leave out its script '" + std::string(character.script->name) + "'");
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

// One part of the data set, as IDX files: image by image, class after class in turn.
class PartWriter {
 public:
  virtual ~PartWriter() = default;
  virtual void add(const std::vector<std::uint8_t>& pixels, std::size_t label) = 0;
  virtual void commit() = 0;
};

class ImageWriter : public PartWriter {
 public:
  ImageWriter(const fs::path& folder, const std::string& name, std::int64_t classes, std::int64_t of_each,
              std::int64_t size)
      : images_(folder / (name + "-images-idx3-ubyte")),
        labels_(folder / (name + "-labels-idx1-ubyte")),
        wide_(classes > 256) {
    const auto count = static_cast<std::uint64_t>(classes * of_each), side = static_cast<std::uint64_t>(size);
    images_.write(big_endian(0x0803, 4) + big_endian(count, 4) + big_endian(side, 4) + big_endian(side, 4));
    labels_.write(big_endian(wide_ ? 0x0B01 : 0x0801, 4) + big_endian(count, 4));
  }
  void add(const std::vector<std::uint8_t>& pixels, std::size_t label) override {
    images_.write(pixels.data(), pixels.size());
    labels_.write(big_endian(label, wide_ ? 2 : 1));
  }
  void commit() override {
    images_.commit();
    labels_.commit();
  }

 private:
  AtomicFile images_, labels_;
  bool wide_;
};

// Arrays are written as a whole.
class PixelWriter : public PartWriter {
 public:
  PixelWriter(const fs::path& folder, const std::string& name, std::int64_t images, std::int64_t size)
      : inputs_(folder / (name + "_inputs.npy")),
        targets_(folder / (name + "_targets.npy")),
        shape_{images, size, size} {}
  void add(const std::vector<std::uint8_t>& pixels, std::size_t label) override {
    constexpr std::uint8_t kDrawn = 128;
    for (const auto pixel : pixels) {
      values_.push_back(static_cast<float>(pixel) / 255);
      classes_.push_back(pixel >= kDrawn ? static_cast<std::int32_t>(label + 1) : 0);
    }
  }
  void commit() override {
    write_npy(inputs_, HostTensor::from_f32({shape_[0], 1, shape_[1], shape_[2]}, values_));
    HostTensor targets{DType::kI32, shape_, {}};
    targets.bytes.resize(classes_.size() * sizeof(std::int32_t));
    std::memcpy(targets.bytes.data(), classes_.data(), targets.bytes.size());
    write_npy(targets_, targets);
  }

 private:
  fs::path inputs_, targets_;
  Shape shape_;
  std::vector<float> values_;
  std::vector<std::int32_t> classes_;
};

std::unique_ptr<PartWriter> part_writer(const GlyphOptions& options, const fs::path& folder, bool test,
                                        std::int64_t classes) {
  const auto of_each = test ? options.test : options.train;
  if (options.pixels)
    return std::make_unique<PixelWriter>(folder, test ? "test" : "train", classes * of_each, options.size);
  return std::make_unique<ImageWriter>(folder, test ? "t10k" : "train", classes, of_each, options.size);
}

std::string class_name(const Character& character) {
  char code[16];
  std::snprintf(code, sizeof code, "U+%04X", static_cast<unsigned>(character.code));
  return std::string(character.script->name) + " " + code;
}

void check(const GlyphOptions& options) {
  const auto refuse = [](const char* what, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most)
      throw Error(ErrorCode::kUsage, "glyphs.options",
                  std::string("cannot draw ") + what + " = " + std::to_string(value), "",
                  "use " + std::to_string(least) + " to " + std::to_string(most));
  };
  refuse("train", options.train, 1, 100'000);
  refuse("test", options.test, 1, 100'000);
  refuse("size", options.size, 8, 512);
  refuse("classes", options.classes, 0, 32'767);  // labels are 16-bit numbers
}

}  // namespace

std::vector<std::string> glyph_scripts() {
  std::vector<std::string> names;
  for (const auto& script : kScripts) names.emplace_back(script.name);
  return names;
}

GlyphSet render_glyphs(const GlyphOptions& options, const fs::path& out, const ProgressSink& progress) {
  check(options);
  expect_new(out, "glyphs");
  const auto scripts = chosen_scripts(options);
  const auto fonts = open_fonts(options.fonts);
  auto drawn = characters(scripts, fonts);
  if (drawn.empty())
    throw Error(ErrorCode::kNotFound, "glyphs.fonts", "there is nothing to draw",
                "of " + std::to_string(fonts.size()) + " fonts no two have a character of the scripts in common",
                "install fonts (Debian: fonts-noto-core, fonts-dejavu), or name their folder with --fonts");
  keep_some(drawn, options.classes, options.seed);

  NewDataFolder folder(out, "glyphs");
  GlyphSet set;
  std::set<std::size_t> used;
  const auto classes = static_cast<std::int64_t>(drawn.size());
  std::string names = options.pixels ? "background\n" : "";
  for (const auto& character : drawn) {
    used.insert(character.fonts.begin(), character.fonts.end());
    set.classes.push_back(class_name(character));
    names += set.classes.back() + '\n';
  }
  set.fonts = static_cast<std::int64_t>(used.size());
  const auto total = static_cast<std::uint64_t>(classes * (options.train + options.test));
  std::uint64_t done = 0;
  const auto write_part = [&](bool test) {
    const auto part = part_writer(options, out, test, classes);
    const std::string name = test ? "t10k" : "train";
    for (std::int64_t i = 0; i < (test ? options.test : options.train); ++i) {
      throw_if_interrupted();
      for (std::size_t c = 0; c < drawn.size(); ++c) {
        // Every image has a seed of its own: more of them leave those before as they are.
        const auto label = name + "/" + std::to_string(drawn[c].code) + "/" + std::to_string(i);
        Random random(derive_seed(options.seed, label));
        part->add(draw(drawn[c], fonts, options.size, random), c);
      }
      done += drawn.size();
      if (progress) progress({"render", done, total, "images", {}, done == total});
    }
    part->commit();
  };
  write_part(false);
  write_part(true);
  write_file(out / kClassNamesFile, names);
  folder.keep();
  return set;
}

}  // namespace weightloom
