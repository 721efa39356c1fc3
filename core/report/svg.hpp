#pragma once
// Writing SVG elements, and the look that all plots share.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weightloom {

// For text and double-quoted attributes; control characters that XML forbids are dropped, bytes that are not UTF-8
// replaced.
std::string escape_xml(std::string_view text);
// A coordinate: at most two decimals, never "-0".
std::string coordinate(double value);
// About how wide `text` is at `size` pixels, for layout before any font is known.
double text_width(std::string_view text, double size);

// `text`, ending in "…" where it would be wider than `width`.
std::string fitted(std::string_view text, double size, double width);

enum class TextAlign { kStart, kMiddle, kEnd };

// Appends elements in paint order. Classes refer to the style that finish() adds.
class Svg {
 public:
  void line(double x1, double y1, double x2, double y2, std::string_view style_class);
  void rect(double x, double y, double width, double height, std::string_view style_class);
  void text(double x, double y, std::string_view text, std::string_view style_class,
            TextAlign align = TextAlign::kStart, bool vertical = false);
  // The shape belongs to the series, so that colour is never the only difference. `tooltip` may be empty.
  void marker(double x, double y, double radius, std::size_t series, std::string_view style_class,
              std::string_view tooltip);
  void path(std::string_view data, std::string_view style_class, std::string_view tooltip = {});

  std::string finish(double width, double height, std::string_view title) const;

 private:
  std::string body_;
};

// "s0" ... : the class that carries the colour of a series.
std::string series_class(std::size_t series);

}  // namespace weightloom
