#pragma once
// A WordNet of a few words.

#include <filesystem>
#include <fstream>
#include <string>

namespace weightloom::test {

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

// Two kinds of footwear, and footwear.
inline void write_wordnet(const std::filesystem::path& folder) {
  for (const char* part : {"noun", "verb", "adj", "adv"}) {
    write_text(folder / ("index." + std::string(part)), "  1 the licence\n");
    write_text(folder / (std::string(part) + ".exc"), "");
    write_text(folder / ("data." + std::string(part)), "  1 the licence\n");
  }
  write_text(folder / "noun.exc", "feet foot\n");
  write_text(folder / "index.noun",
             "  1 the licence\n"
             "boot n 1 1 @ 1 0 00000002\n"
             "foot n 1 0 1 0 00000009\n"
             "footwear n 2 1 ~ 2 0 00000001 00000003\n"
             "sandal n 1 1 @ 1 0 00000003\n"
             "flip-flop n 1 1 @ 1 0 00000003\n");
  write_text(
      folder / "data.noun",
      "  1 the licence\n"
      "00000001 06 n 01 footwear 0 002 ~ 00000002 n 0000 ~ 00000003 n 0000 | what feet wear; \"a shop for footwear\"\n"
      "00000002 06 n 01 boot 0 001 @ 00000001 n 0000 | footwear for the whole foot\n"
      "00000003 06 n 02 sandal 0 flip-flop 0 001 @ 00000001 n 0000 | footwear of straps\n");
}

}  // namespace weightloom::test
