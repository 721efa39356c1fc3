#include "svg.hpp"

#include <fmt/format.h>

#include <cmath>

#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kSeries = 8;

// Colours after Okabe and Ito (2008), darkened on white and lightened on black to keep contrast; told apart with any
// common colour vision.
constexpr std::string_view kStyle = R"(
.wl{--ink:#1c2430;--soft:#5d6877;--grid:#e4e8ee;--axis:#9aa5b4;--band:#f6f8fb;--halo:#fff;font-family:Inter,"Source Sans 3","Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;font-size:13px}
.wl .s0{--c:#0068a8}.wl .s1{--c:#c9510c}.wl .s2{--c:#00876c}.wl .s3{--c:#b0569a}.wl .s4{--c:#c28400}.wl .s5{--c:#3f9bd6}.wl .s6{--c:#6b7685}.wl .s7{--c:#7a4a1e}
@media (prefers-color-scheme:dark){.wl{--ink:#e6eaf0;--soft:#9faab9;--grid:#2b333f;--axis:#5f6b7b;--band:#1a2029;--halo:#11161d}
.wl .s0{--c:#58b2ec}.wl .s1{--c:#ff915a}.wl .s2{--c:#3cc9a5}.wl .s3{--c:#e39bd0}.wl .s4{--c:#f3bd4f}.wl .s5{--c:#a5d8f7}.wl .s6{--c:#a9b3c0}.wl .s7{--c:#cfa27a}}
.wl text{fill:var(--ink)}.wl .soft{fill:var(--soft)}.wl .group{font-weight:600}.wl .value{font-variant-numeric:tabular-nums;font-size:12px}.wl .small{font-size:12px;fill:var(--soft)}
.wl .grid{stroke:var(--grid);stroke-width:1}.wl .axis{stroke:var(--axis);stroke-width:1}.wl .mark{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}.wl .stripe{fill:var(--band)}
.wl .dot{fill:var(--c);fill-opacity:.42}.wl .point{fill:var(--c);fill-opacity:.72}.wl .mean{fill:var(--c);stroke:var(--halo);stroke-width:2;paint-order:stroke}.wl .whisker{stroke:var(--c);stroke-width:2;stroke-linecap:round}
.wl .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.wl .band{fill:var(--c);fill-opacity:.14}
.wl .d1{stroke-dasharray:7 4}.wl .d2{stroke-dasharray:2 4}.wl .d3{stroke-dasharray:9 4 2 4}
)";

std::string element_end(std::string_view name, std::string_view tooltip) {
  return tooltip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", escape_xml(tooltip), name);
}

// Closed outlines around the origin, of about equal area at radius 1.
std::string outline(std::size_t shape, double x, double y, double r) {
  using Corner = std::pair<double, double>;
  static const std::array<std::vector<Corner>, 5> kShapes{{{{-.88, -.88}, {.88, -.88}, {.88, .88}, {-.88, .88}},
                                                           {{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}},
                                                           {{0, -1.25}, {1.2, .85}, {-1.2, .85}},
                                                           {{0, 1.25}, {1.2, -.85}, {-1.2, -.85}},
                                                           {{-.4, -1.2},
                                                            {.4, -1.2},
                                                            {.4, -.4},
                                                            {1.2, -.4},
                                                            {1.2, .4},
                                                            {.4, .4},
                                                            {.4, 1.2},
                                                            {-.4, 1.2},
                                                            {-.4, .4},
                                                            {-1.2, .4},
                                                            {-1.2, -.4},
                                                            {-.4, -.4}}}};
  std::string data;
  for (const auto& [dx, dy] : kShapes[shape])
    data += fmt::format("{}{} {}", data.empty() ? "M" : "L", coordinate(x + r * dx), coordinate(y + r * dy));
  return data + "Z";
}

// Bytes of the UTF-8 sequence that `text` begins with, 0 when it is broken or one of U+FFFE and U+FFFF, which XML
// forbids.
std::size_t sequence_length(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF") ? 0 : utf8_length(text);
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto length = sequence_length(text.substr(i));
    const char c = text[i];
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (length > 1) {
      out += text.substr(i, length);
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
      out += c;
    }
    i += length == 0 ? 1 : length;
  }
  return out;
}

std::string coordinate(double value) {
  const double rounded = std::round(value * 100) / 100;
  return fmt::format("{:.6g}", rounded == 0 ? 0.0 : rounded);
}

double text_width(std::string_view text, double size) {
  double units = 0;
  for (unsigned char c : text) {
    if ((c & 0xC0u) == 0x80u) continue;
    const bool narrow = std::string_view("ijltfrI.,:;'|!()[] -").find(static_cast<char>(c)) != std::string_view::npos;
    const bool wide = (c >= 'A' && c <= 'Z' && c != 'I') || c == 'm' || c == 'w' || c == '%';
    units += narrow ? 0.34 : wide ? 0.72 : 0.57;
  }
  return units * size;
}

std::string fitted(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width) return std::string(text);
  while (!text.empty() && text_width(text, size) > width - size) {
    while (text.size() > 1 && (static_cast<unsigned char>(text.back()) & 0xC0u) == 0x80u) text.remove_suffix(1);
    text.remove_suffix(1);
  }
  return std::string(text) + "…";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style_class) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", coordinate(x1), coordinate(y1),
                       coordinate(x2), coordinate(y2), style_class);
}

void Svg::rect(double x, double y, double width, double height, std::string_view style_class) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"/>\n", coordinate(x),
                       coordinate(y), coordinate(width), coordinate(height), style_class);
}

void Svg::text(double x, double y, std::string_view text, std::string_view style_class, TextAlign align,
               bool vertical) {
  constexpr std::array<std::string_view, 3> kAlignments{"start", "middle", "end"};
  const auto turn =
      vertical ? fmt::format(" transform=\"rotate(-90 {} {})\"", coordinate(x), coordinate(y)) : std::string();
  body_ +=
      fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{} class=\"{}\">{}</text>\n", coordinate(x), coordinate(y),
                  kAlignments[static_cast<std::size_t>(align)], turn, style_class, escape_xml(text));
}

void Svg::marker(double x, double y, double radius, std::size_t series, std::string_view style_class,
                 std::string_view tooltip) {
  const auto shape = series % 6;
  const auto classes = fmt::format("{} {}", series_class(series), style_class);
  if (shape > 0) {
    path(outline(shape - 1, x, y, radius), classes, tooltip);
    return;
  }
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\"", coordinate(x), coordinate(y),
                       coordinate(radius), classes);
  body_ += element_end("circle", tooltip);
}

void Svg::path(std::string_view data, std::string_view style_class, std::string_view tooltip) {
  body_ += fmt::format("<path d=\"{}\" class=\"{}\"", data, style_class) + element_end("path", tooltip);
}

std::string Svg::finish(double width, double height, std::string_view title) const {
  const auto name = escape_xml(title);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wl\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"{2}\">\n<style>{3}</style>\n{4}</svg>\n",
      coordinate(width), coordinate(height), name, kStyle, body_);
}

std::string series_class(std::size_t series) {
  return "s" + std::to_string(series % kSeries);
}

}  // namespace weightloom
