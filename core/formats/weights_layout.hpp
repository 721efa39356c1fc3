#pragma once
// Where a file's tensors lie, for files that hold them as they are: contiguous, in this machine's byte order, and no
// two in one place. Private to the module.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "zip_archive.hpp"

namespace weightloom {

struct WeightsLayout {
  struct Place {
    std::string name;
    DType dtype;
    Shape shape;
    std::uint64_t begin, bytes;  // in the file
  };
  std::uint64_t file_bytes = 0;
  std::vector<Place> places;  // by where they begin
  std::map<std::string, std::string> metadata;
  std::vector<std::string> warnings;
  std::vector<ZipEntry> entries;  // that the places lie in, by where they begin: held against their checksums

  // Sorts the places. Returns whether each has its bytes to itself.
  bool settle();
};

// nullopt for a file that has to be converted. Throw what read_pytorch() and read_npz() do, but for what only reading
// the tensors' bytes shows.
std::optional<WeightsLayout> pytorch_layout(const std::filesystem::path& path);
std::optional<WeightsLayout> npz_layout(const std::filesystem::path& path);

}  // namespace weightloom
