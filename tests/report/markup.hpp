#pragma once
// Just enough XML to see that markup is well formed.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom::testing {

// What is wrong with the markup, empty when nothing is: tags balanced, attributes quoted, entities known.
inline std::string defect(std::string_view text) {
  std::vector<std::string> open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const auto entity = text.substr(i, text.find(';', i) - i + 1);
      if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;" && entity != "&#39;")
        return "entity " + std::string(entity.substr(0, 20));
    }
    if (text[i] == '>') return "stray > near " + std::string(text.substr(i, 20));
    if (text[i] != '<') continue;
    const auto end = text.find('>', i);
    if (end == std::string_view::npos) return "open tag at the end";
    auto tag = text.substr(i + 1, end - i - 1);
    i = end;
    if (tag.find('<') != std::string_view::npos) return "< inside a tag";
    if (tag.starts_with('!')) continue;
    const bool closes = tag.starts_with('/'), empty = tag.ends_with('/');
    const std::string name(tag.substr(closes, tag.find_first_of(" /\n", closes) - closes));
    std::size_t quotes = 0;
    for (char c : tag) quotes += c == '"';
    if (quotes % 2 != 0) return "quotes in " + std::string(tag.substr(0, 60));
    if (closes) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing";
      open.pop_back();
    } else if (!empty) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace weightloom::testing
