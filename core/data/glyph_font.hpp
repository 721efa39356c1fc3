#pragma once
// FreeType, as far as drawing single characters needs it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace weightloom {

// How a character is drawn: font size and moves in pixels, turn and slant as a matrix of column vectors.
struct GlyphPose {
  double size = 20, move_x = 0, move_y = 0;
  double xx = 1, xy = 0, yx = 0, yy = 1;
};

// One scalable font. Not thread-safe.
class GlyphFont {
 public:
  // Null when the file is no font that FreeType can scale.
  static std::unique_ptr<GlyphFont> open(const std::filesystem::path& path);
  ~GlyphFont();
  GlyphFont(const GlyphFont&) = delete;
  GlyphFont& operator=(const GlyphFont&) = delete;

  // Whether it has an outline for the character that shows something.
  bool draws(std::uint32_t character);
  // 8-bit grey, white on black, [size, size]: the character's outline in the middle, moved; made smaller where it would
  // reach beyond the image. Empty when the font cannot.
  std::vector<std::uint8_t> draw(std::uint32_t character, const GlyphPose& pose, std::int64_t size);

 private:
  struct State;
  explicit GlyphFont(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weightloom
