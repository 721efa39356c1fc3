#include "cli/catalogue.hpp"

namespace weightloom::cli {
namespace {

// clang-format off
constexpr CatalogueEntry kCatalogue[] = {
    {"plugin", {}, "Architectures: find, inspect and describe plugins", {}},

    {"zoo", {}, "Pretrained weights: store, index and query them", {}},

    {"data", {}, "Image data sets: what this machine has", {}},

    {"tokenizer", {}, "Turn weights into tokens and back", {}},

    {"generator", {}, "Train and inspect the weight generator", {}},

    {"completion", Host::kFront, "Print the completion script of a shell",
     "weightloom completion bash > ~/.local/share/bash-completion/completions/weightloom"},
};
// clang-format on

}  // namespace

std::span<const CatalogueEntry> catalogue() {
  return kCatalogue;
}

const CatalogueEntry* find_entry(std::string_view name) {
  for (const auto& entry : kCatalogue)
    if (entry.name == name) return &entry;
  return nullptr;
}

bool is_group(std::string_view name) {
  const auto* entry = find_entry(name);
  return entry != nullptr && entry->example.empty();
}

std::vector<std::string> words_after(std::string_view group) {
  std::vector<std::string> words;
  for (const auto& entry : kCatalogue) {
    const auto space = entry.name.find(' ');
    if (group.empty() ? space != std::string_view::npos : entry.name.substr(0, space) != group) continue;
    if (!group.empty() && space == std::string_view::npos) continue;
    words.emplace_back(group.empty() ? entry.name : entry.name.substr(space + 1));
  }
  return words;
}

}  // namespace weightloom::cli
