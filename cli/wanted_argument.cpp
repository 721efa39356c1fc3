#include "cli/wanted_argument.hpp"

#include "cli/stored_vectors.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom::cli {
namespace {

std::string data_text(const Wanted& wanted) {
  return Reading{wanted.source, wanted.classes, 0, {}, {}}.data();
}

}  // namespace

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
  ReadWanted out;
  ArchitectureReading network;
  if (!argument.instruction.empty()) {
    const auto words = stored_word_vectors(context);
    if (!words) warn_without_vectors(context);
    network = read_architecture(argument.instruction, registry.keywords(), words.value_or(WordVectors()));
    if (argument.data.empty()) {
      const auto reading = read_instruction(argument.instruction, cards, words.value_or(WordVectors()));
      out.wanted = wanted_by(argument.instruction, reading, network, cards, registry);
      out.reading = {{"data", reading.data()}, {"certainty", reading.certainty}, {"because", reading.because}};
    }
  }
  if (!argument.data.empty()) {
    const Wanted data = wanted_of(argument.data, cards);
    out.wanted = wanted_by(argument.instruction, {data.source, data.classes, 1, {}, {}}, network, cards, registry);
    out.wanted.all_classes = data.all_classes;
  }
  if (!argument.architecture.empty()) {
    const auto& id = registry.find(argument.architecture).id;
    if (!out.wanted.architecture.empty() && out.wanted.architecture != id)
      throw Error(ErrorCode::kUsage, "instruction.conflict", "the instruction contradicts --arch",
                  "it says '" + network.name + "', the option '" + argument.architecture + "'",
                  "leave one of them out");
    out.wanted.architecture = id;
  }
  out.data = data_text(out.wanted);
  return out;
}

}  // namespace weightloom::cli
