#include "glyph_font.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <algorithm>
#include <cmath>

namespace weightloom {
namespace {

constexpr double kUnits = 64;  // FreeType's fixed point: 1/64 pixel
constexpr FT_Int32 kLoad = FT_LOAD_NO_BITMAP | FT_LOAD_NO_HINTING;

FT_Fixed fixed16(double x) {
  return static_cast<FT_Fixed>(std::lround(x * 65536));
}

}  // namespace

struct GlyphFont::State {
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  ~State() {
    if (face) FT_Done_Face(face);
    if (library) FT_Done_FreeType(library);
  }

  // The outline of a character at `size` pixels; null when there is none.
  FT_Outline* outline(std::uint32_t character, double size) const {
    const FT_UInt glyph = FT_Get_Char_Index(face, character);
    if (glyph == 0 || FT_Set_Char_Size(face, 0, static_cast<FT_F26Dot6>(size * kUnits), 72, 72) != 0) return nullptr;
    if (FT_Load_Glyph(face, glyph, kLoad) != 0 || face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) return nullptr;
    return &face->glyph->outline;
  }
};

GlyphFont::GlyphFont(std::unique_ptr<State> state) : state_(std::move(state)) {}
GlyphFont::~GlyphFont() = default;

std::unique_ptr<GlyphFont> GlyphFont::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  if (FT_Init_FreeType(&state->library) != 0) return nullptr;
  if (FT_New_Face(state->library, path.c_str(), 0, &state->face) != 0) return nullptr;
  if (!FT_IS_SCALABLE(state->face) || FT_Select_Charmap(state->face, FT_ENCODING_UNICODE) != 0) return nullptr;
  return std::unique_ptr<GlyphFont>(new GlyphFont(std::move(state)));
}

bool GlyphFont::draws(std::uint32_t character) {
  constexpr double kSize = 28, kLeast = 2;  // pixels: a dot is no character to tell from others
  const FT_Outline* outline = state_->outline(character, kSize);
  if (!outline || outline->n_points == 0) return false;
  FT_BBox box;
  FT_Outline_Get_CBox(outline, &box);
  return static_cast<double>(box.xMax - box.xMin) >= kLeast * kUnits &&
         static_cast<double>(box.yMax - box.yMin) >= kLeast * kUnits;
}

std::vector<std::uint8_t> GlyphFont::draw(std::uint32_t character, const GlyphPose& pose, std::int64_t size) {
  FT_Outline* outline = state_->outline(character, pose.size);
  if (!outline || outline->n_points == 0) return {};
  const FT_Matrix turn{fixed16(pose.xx), fixed16(pose.xy), fixed16(pose.yx), fixed16(pose.yy)};
  FT_Outline_Transform(outline, &turn);
  FT_BBox box;
  FT_Outline_Get_CBox(outline, &box);
  const double room = (static_cast<double>(size) - 2) * kUnits;
  const double longest = std::max<double>(1, static_cast<double>(std::max(box.xMax - box.xMin, box.yMax - box.yMin)));
  if (longest > room) {
    const FT_Fixed factor = fixed16(room / longest);
    const FT_Matrix shrink{factor, 0, 0, factor};
    FT_Outline_Transform(outline, &shrink);
    FT_Outline_Get_CBox(outline, &box);
  }
  const auto to_middle = [&](FT_Pos low, FT_Pos high, double move) {
    const double slack = std::max(0.0, (static_cast<double>(size) * kUnits - static_cast<double>(high - low)) / 2);
    const double place = std::clamp(move * kUnits, -slack, slack);
    return static_cast<FT_Pos>(std::lround(slack + place - static_cast<double>(low)));
  };
  FT_Outline_Translate(outline, to_middle(box.xMin, box.xMax, pose.move_x), to_middle(box.yMin, box.yMax, pose.move_y));
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size * size), 0);
  FT_Bitmap bitmap{};
  bitmap.rows = bitmap.width = static_cast<unsigned>(size);
  bitmap.pitch = static_cast<int>(size);
  bitmap.buffer = pixels.data();
  bitmap.num_grays = 256;
  bitmap.pixel_mode = FT_PIXEL_MODE_GRAY;
  if (FT_Outline_Get_Bitmap(state_->library, outline, &bitmap) != 0) return {};
  return pixels;
}

}  // namespace weightloom
