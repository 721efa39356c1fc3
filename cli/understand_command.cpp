#include <algorithm>

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/stored_vectors.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/formats/weights_stream.hpp"
#include "weightloom/language/architecture_reading.hpp"
#include "weightloom/language/reading.hpp"
#include "weightloom/plugin/plugin_card.hpp"
#include "weightloom/retrieval/wanted.hpp"

namespace weightloom::cli {
namespace {

struct UnderstandOptions {
  std::string instruction, generator;
};

// What a generator's file says of the data that it remembers.
std::vector<Card> remembered_cards(const std::string& path) {
  const auto file = WeightsStream::open(path);
  const auto found =
      file ? file->metadata().find("weightloom.generator") : std::map<std::string, std::string>::const_iterator();
  if (!file || found == file->metadata().end())
    throw Error(ErrorCode::kRefused, "generator.schema", "'" + path + "' is not a generator", "",
                "make one with `weightloom generator train`");
  const Json json = parse_json(found->second, "generator '" + path + "'");
  std::vector<Card> cards;
  for (const Json& entry : json.value("exemplars", Json::array()))
    cards.push_back(card_from_json(entry.value("card", Json()), "generator '" + path + "'"));
  return cards;
}

Json quality_name(ArchitectureReading::Quality quality) {
  if (quality == ArchitectureReading::Quality::kUnsaid) return nullptr;
  return quality == ArchitectureReading::Quality::kHigh ? "high" : "draft";
}

Json understand(Context& context, const UnderstandOptions& options) {
  auto cards = options.generator.empty() ? std::vector<Card>() : remembered_cards(options.generator);
  for (const DataSource& source : list_data_sources())
    if (std::ranges::none_of(cards, [&](const Card& card) { return card.name == source.name; }))
      cards.push_back(card_of(source.name, source_class_names(source.name)));
  const auto stored = stored_word_vectors(context);
  if (!stored) warn_without_vectors(context);
  const WordVectors words = stored.value_or(WordVectors());
  const Reading reading = read_instruction(options.instruction, cards, words);
  const auto registry = plugin_registry(context);
  const auto plugins = plugin_cards(registry, context.settings().plugin_cards);
  const auto network = read_architecture(options.instruction, plugin_keywords(plugins), words);
  expect_classifier_of_images(network, plugins);
  const auto card = std::ranges::find(cards, reading.source, &Card::name);
  Json classes = Json::array();
  for (const auto c : reading.classes) classes.push_back(card->classes[static_cast<std::size_t>(c)]);
  if (reading.rest) classes.push_back("rest");
  return {{"data", reading.data()},
          {"classes", std::move(classes)},
          {"certainty", reading.certainty},
          {"because", reading.because},
          {"unknown_words", reading.unknown},
          {"architecture", network.name.empty() ? Json() : Json(network.name)},
          {"depth", network.depth ? Json(*network.depth) : Json()},
          {"width", network.width ? Json(*network.width) : Json()},
          {"most_parameters", network.most_parameters ? Json(*network.most_parameters) : Json()},
          {"quality", quality_name(network.quality)},
          {"architecture_because", network.because}};
}

std::string list(const Json& words) {
  std::string text;
  for (const Json& word : words) text += (text.empty() ? "" : ", ") + word.get<std::string>();
  return text;
}

void print_reading(Printer& print, const Json& result) {
  print.field("data", result["data"].get<std::string>());
  if (!result["classes"].empty()) print.field("classes", list(result["classes"]));
  print.field("certainty", format_value(result["certainty"], Format::kPercent));
  print.field("because", list(result["because"]));
  for (const char* key : {"architecture", "quality"})
    if (result[key].is_string()) print.field(key, result[key].get<std::string>());
  for (const char* key : {"depth", "width", "most_parameters"})
    if (result[key].is_number())
      print.field(key == std::string_view("most_parameters") ? "weights at most" : key,
                  format_value(result[key], Format::kCount));
  if (!result["unknown_words"].empty()) print.field("unknown words", list(result["unknown_words"]));
}

}  // namespace

void add_understand_command(CommandTable& table) {
  table.add<UnderstandOptions>(
      "understand",
      [](CLI::App& app, UnderstandOptions& options) {
        app.add_option("instruction", options.instruction, "What a network is for, in words")->required();
        app.add_option("--generator", options.generator, "Generator whose data is known too");
      },
      understand, page(print_reading, "data"));
}

}  // namespace weightloom::cli
