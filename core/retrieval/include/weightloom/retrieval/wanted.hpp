#pragma once
// What a request asks of networks that are there already. No LibTorch.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/language/architecture_reading.hpp"
#include "weightloom/language/card.hpp"
#include "weightloom/plugin/plugin_card.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct Wanted {
  std::string source;                 // of the images, as in a DataSpec
  std::vector<std::int64_t> classes;  // in order; empty: all of `source`
  std::int64_t all_classes = 0;       // of `source`; 0: nobody knows
  std::string architecture;           // its id; empty: any
  std::optional<std::int64_t> depth, width, most_parameters;
  Json config = Json::object();    // settings that a network's own must repeat
  std::vector<std::string> words;  // of the instruction, in lower case: tags may be among them
};

// Cards of all data sets that are known by name, and of those that networks of the zoo were trained on.
std::vector<Card> zoo_cards(const Zoo& zoo);

// The data that a DataSpec text names, of any architecture. Throws kUsage where it is none.
Wanted wanted_of(const std::string& data, const std::vector<Card>& cards);
// The same with what an instruction says of the network. Throws kNotFound where no plugin is of its architecture.
Wanted wanted_of(const std::string& data, const std::vector<Card>& cards, std::string_view instruction,
                 const ArchitectureReading& network, const PluginRegistry& registry);

// Throws kUsage "instruction.architecture" where the network that an instruction names does not say what images show,
// as it is by default. What has no card, or an empty one, is passed over.
void expect_classifier_of_images(const ArchitectureReading& network, const PluginCards& plugins);

}  // namespace weightloom
