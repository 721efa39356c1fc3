#include "cli/wanted_argument.hpp"

#include "cli/stored_vectors.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/language/reading.hpp"
#include "weightloom/plugin/plugin_card.hpp"

namespace weightloom::cli {

void declare_wanted(CLI::App& app, WantedArgument& argument) {
  app.add_option("instruction", argument.instruction, "What the network is for, in words");
  app.add_option("--data", argument.data, "Data set that it is for, e.g. mnist[3,8]; its images are looked at")
      ->type_name("DATA");
  app.add_option("--arch", argument.architecture, "Of this architecture alone: a plugin's name or id")
      ->type_name("NAME");
}

ReadWanted read_wanted(Context& context, const Zoo& zoo, const PluginRegistry& registry,
                       const WantedArgument& argument) {
  if (argument.instruction.empty() && argument.data.empty())
    throw Error(ErrorCode::kUsage, "wanted.nothing", "nothing says what the network is for", "",
                "give words (\"handwritten digits\"), a data set (--data mnist), or both");
  const auto cards = zoo_cards(zoo);
  ReadWanted out{{}, argument.data, nullptr};
  ArchitectureReading network;
  if (!argument.instruction.empty()) {
    const auto stored = stored_word_vectors(context);
    if (!stored) warn_without_vectors(context);
    const auto words = stored.value_or(WordVectors());
    const auto plugins = plugin_cards(registry, context.settings().plugin_cards);
    network = read_architecture(argument.instruction, plugin_keywords(plugins), words);
    if (argument.data.empty()) {
      const auto reading = read_instruction(argument.instruction, cards, words);
      out.data = reading.data();
      out.reading = {{"data", out.data}, {"certainty", reading.certainty}, {"because", reading.because}};
    }
  }
  out.wanted = wanted_of(out.data, cards, argument.instruction, network, registry);
  if (!argument.architecture.empty()) {
    const auto& id = registry.find(argument.architecture).id;
    if (!out.wanted.architecture.empty() && out.wanted.architecture != id)
      throw Error(ErrorCode::kUsage, "instruction.conflict", "the instruction contradicts --arch",
                  "it says '" + network.name + "', the option '" + argument.architecture + "'",
                  "leave one of them out");
    out.wanted.architecture = id;
  }
  return out;
}

}  // namespace weightloom::cli
