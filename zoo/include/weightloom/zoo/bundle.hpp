#pragma once
// Networks of a zoo in one file, for another zoo: with ids, facts, lineage, token streams and aliases
// (docs/zoo_format.md, "Bundles").

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/zoo/merge.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct BundleResult {
  std::size_t networks = 0;
  std::uint64_t bytes = 0;               // of weights; what networks share is there once
  std::vector<std::string> left_behind;  // ids of parents that the zoo has and the bundle has not
  std::vector<std::string> lacking;      // names of the networks that are damaged and were left out
};

// Writes `networks` of a zoo to a file, whole or not at all. Memory is bounded. `damaged`: those whose weights are not
// what they were are left out, as long as there are others. Throws kDamaged for them otherwise, naming them, kUsage
// "safetensors.header_too_large" for some ten thousands of networks, and write_error().
BundleResult write_bundle(const Zoo& zoo, const std::vector<ZooRecord>& networks, const std::filesystem::path& path,
                          bool damaged = false, const ProgressSink& progress = {});

// Brings the networks of a bundle in, as merge() does those of a zoo. The file is hostile until proven otherwise:
// throws kRefused "bundle.malformed", "safetensors.*", "json.*" for one that is none, kDamaged "bundle.damaged" for
// weights that are not those of their network, kUsage "bundle.query" when options.where is set, and what merge() does.
MergeResult merge_bundle(Zoo& into, const std::filesystem::path& bundle, const MergeOptions& options = {},
                         const ProgressSink& progress = {});

// Is there a bundle in that file? What cannot be read is none.
bool is_bundle(const std::filesystem::path& file);
// What it says of its networks; their weights are not looked at. Throws as merge_bundle() does for one that is none.
std::vector<ZooRecord> networks_in_bundle(const std::filesystem::path& bundle);

}  // namespace weightloom
