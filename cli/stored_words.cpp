#include "cli/stored_words.hpp"

#include "cli/plugin_registry.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom::cli {
namespace {

// Ids, and the short names by which they are known too.
std::vector<std::string> plugin_names(const Context& context) {
  const auto registry = plugin_registry(context);
  std::vector<std::string> names;
  for (const auto& plugin : registry.plugins()) {
    names.push_back(plugin.id.substr(plugin.id.rfind('.') + 1));
    names.push_back(plugin.id);
  }
  return names;
}

std::vector<std::string> names_in_trash(const Zoo& zoo) {
  std::vector<std::string> names;
  for (const auto& network : zoo.trash()) names.push_back(network.name);
  return names;
}

Zoo::Word word_of(StoredWord kind) {
  switch (kind) {
    case StoredWord::kAlias:
      return Zoo::Word::kAlias;
    case StoredWord::kTag:
      return Zoo::Word::kTag;
    case StoredWord::kMetric:
      return Zoo::Word::kMetric;
    case StoredWord::kField:
      return Zoo::Word::kField;
    case StoredWord::kDataset:
      return Zoo::Word::kDataset;
    case StoredWord::kFamily:
      return Zoo::Word::kFamily;
    default:
      return Zoo::Word::kName;
  }
}

}  // namespace

std::vector<std::string> stored_words(const Context& context, StoredWord kind, const std::string& prefix) {
  if (kind == StoredWord::kPlugin) return plugin_names(context);
  const auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  return kind == StoredWord::kRemoved ? names_in_trash(zoo) : zoo.words(word_of(kind), prefix);
}

}  // namespace weightloom::cli
