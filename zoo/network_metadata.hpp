#pragma once
// What the metadata of a weights file says of the network in it. Private to the module.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "weightloom/zoo/transfer.hpp"

namespace weightloom {

using FileMetadata = std::map<std::string, std::string>;

// A network but for its tensors; `hash` is the weights hash of those, as they stand in the file. Of a record that is
// not taken a warning says why.
NetworkFile network_of(const FileMetadata& metadata, const std::string& hash);

// The dialect of a file that has a record, which need not be that of its tensors; else empty.
std::string recorded_dialect(const FileMetadata& metadata);

// How many values its record says that the network has; nullopt without one that says it.
std::optional<std::int64_t> recorded_values(const FileMetadata& metadata);

// Whose description a bundle (bundle.hpp) has, which is no network.
inline constexpr const char* kBundleKey = "weightloom.bundle";

// Where the file that it was imported from was on this machine is nobody else's business: its name stays.
void without_folder(ZooRecord& record);

}  // namespace weightloom
