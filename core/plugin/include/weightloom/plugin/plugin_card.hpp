#pragma once
// What an instruction has to know of each plugin, kept from one command to the next: asking all plugins takes longer
// than reading a sentence.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "weightloom/plugin/registry.hpp"

namespace weightloom {

struct PluginCard {
  std::vector<std::string> keywords;  // what people call its networks, as its schema says (docs/plugin_abi.md)
  // Of the network that it makes by default: what that does (NetworkDescription::task), and whether it reads images.
  // `task` is empty where the plugin cannot be asked.
  std::string task;
  bool reads_images = false;
};

// By the short name of a plugin, or by its id where two share the name.
using PluginCards = std::map<std::string, PluginCard>;

// Asks all plugins. Of one that cannot be asked the card is empty.
PluginCards plugin_cards(const PluginRegistry& registry);
// The same, but for the plugins that are in `file` with the size and the time of change that they have now, which are
// not asked. Where others are, `file` is written anew, for all plugins of this registry. A file that is damaged, or
// cannot be written, is done without. Not thread-safe where the registry is not; two processes may share a file.
PluginCards plugin_cards(const PluginRegistry& registry, const std::filesystem::path& file);

// The keywords alone, by the same names.
std::map<std::string, std::vector<std::string>> plugin_keywords(const PluginCards& cards);

}  // namespace weightloom
