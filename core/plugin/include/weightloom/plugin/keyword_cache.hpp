#pragma once
// What people call the networks of plugins, kept from one command to the next: asking all plugins takes longer than
// reading a sentence.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "weightloom/plugin/registry.hpp"

namespace weightloom {

// What registry.keywords() says. The plugins that are in `file`, with the size and the time of change that they have
// now, are not asked; the others are, and `file` is written anew, for all plugins of this registry. One that is
// damaged, or cannot be written, is done without. Not thread-safe where the registry is not; two processes may share a
// file.
std::map<std::string, std::vector<std::string>> remembered_keywords(const PluginRegistry& registry,
                                                                    const std::filesystem::path& file);

}  // namespace weightloom
