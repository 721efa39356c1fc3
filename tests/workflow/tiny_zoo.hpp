#pragma once
// A zoo that is grown in a second: two classes of 4 x 4 images, told apart by which half is bright.

#include <fstream>
#include <string>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/workflow/grow.hpp"

namespace weightloom::test {

inline void write_halves(const std::filesystem::path& folder) {
  for (int i = 0; i < 60; ++i)
    for (const bool left : {true, false}) {
      std::filesystem::create_directories(folder / (left ? "left" : "right"));
      std::ofstream file(folder / (left ? "left" : "right") / (std::to_string(i) + ".pgm"), std::ios::binary);
      file << "P5 4 4 255\n";
      for (int k = 0; k < 16; ++k) file.put(static_cast<char>((k % 4 < 2) == left ? 100 + i + k : i + k));
    }
}

// Two classes that nothing tells apart.
inline void write_noise(const std::filesystem::path& folder) {
  Random random(5);
  for (int i = 0; i < 60; ++i)
    for (const char* side : {"left", "right"}) {
      std::filesystem::create_directories(folder / side);
      std::ofstream file(folder / side / (std::to_string(i) + ".pgm"), std::ios::binary);
      file << "P5 4 4 255\n";
      for (int k = 0; k < 16; ++k) file.put(static_cast<char>(random.below(256)));
    }
}

class TinyZoo {
 public:
  TinyZoo() : plugins(PluginRegistry::default_directories()), zoo(Zoo::create(folder / "zoo")) {
    write_halves(folder / "images");
    write_noise(folder / "noise");
  }

  std::string data() const { return (folder / "images").string(); }
  std::string noise() const { return (folder / "noise").string(); }
  // An ancestor and six networks that descend from it, two of them held out.
  Recipe recipe() const {
    const std::string common = "family = 'mlp'\nconfig = {width = 8}\nlearning_rate = 0.02\nsteps = 40\n";
    return parse_recipe(parse_toml("seed = 1\nform = {channels = 1, size = 4}\n[[anchor]]\n" + common + "data = ['" +
                                   data() + "']\n[[population]]\n" + common + "data = '" + data() +
                                   "'\nfrom = 'anchor'\nbatch = 16\nheld_out = 0.34\n"
                                   "vary = {seed = [0, 1, 2, 3, 4, 5]}\n"));
  }

  TemporaryFolder folder;
  PluginRegistry plugins;
  Zoo zoo;
};

}  // namespace weightloom::test
