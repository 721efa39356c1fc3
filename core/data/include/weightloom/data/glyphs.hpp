#pragma once
// Characters of many scripts as an image data set, drawn from the fonts of this machine: endless classes that no
// published data set holds. No LibTorch.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"

namespace weightloom {

// The scripts that can be drawn, such as "greek"; a script without case has its letters, one with case its capitals
// and, as "<script>-small", its small letters. "digits" are the ten European ones.
std::vector<std::string> glyph_scripts();

struct GlyphOptions {
  std::vector<std::filesystem::path> fonts{"/usr/share/fonts"};  // files, or folders that are searched with all below
  std::vector<std::string> scripts;                              // empty: all
  std::vector<std::string> without;                              // scripts that are left out
  std::int64_t classes = 0;                                      // characters, chosen at random; 0: all
  std::int64_t train = 80, test = 16;                            // images of each class
  std::int64_t size = 28;                                        // of an image's side
  bool pixels = false;                                           // a class for each pixel instead of one for each image
  std::uint64_t seed = 0;
};

struct GlyphSet {
  std::int64_t fonts = 0;            // that were used
  std::vector<std::string> classes;  // "<script> U+<code point>", in the order of their labels
};

// Draws every character that at least two fonts have, each image with a random font and a random size, place, slant and
// turn, white on black, and writes the folder `out` as IDX files with classes.txt (dataset.hpp, load_images()); with
// `pixels` as arrays (arrays.hpp), of values from 0 to 1 and of a class for each pixel: "background", or the character
// that stands there. The
// same fonts, options and seed give the same bytes. Throws kUsage "glyphs.*" for options that fit nothing and when
// `out` is there, kNotFound "glyphs.fonts" without fonts that can draw anything, and what AtomicFile does; nothing
// remains of `out` then. Interruptible.
GlyphSet render_glyphs(const GlyphOptions& options, const std::filesystem::path& out,
                       const ProgressSink& progress = {});

}  // namespace weightloom
