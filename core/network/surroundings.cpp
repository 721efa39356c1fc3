#include "weightloom/network/surroundings.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "weightloom/network/init.hpp"

namespace weightloom {
namespace {

// Ways through a graph double with every residual: they are counted modulo a prime (2^32 - 5, so that products fit),
// where equal numbers are equal and different ones are all but never so.
constexpr std::uint64_t kPrime = (1ull << 32) - 5;

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  return (a + b) % kPrime;
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  return a * b % kPrime;
}

struct Place {
  std::vector<std::size_t> before, after;  // nodes
  std::size_t place_in_reader = 0;         // among the inputs of the first node of `after`
  bool reads_input = false;
  int from_input = 0, to_output = 0;  // nodes with a matrix on the longest way, itself left out
  std::uint64_t ways_in = 0, ways_out = 0;
};

bool has_matrix(const NodeSpec& node) {
  return node.parameter("weight") != nullptr;
}

std::vector<Place> places_of(const NetworkDescription& description) {
  const auto& nodes = description.nodes;
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < nodes.size(); ++i) index.emplace(nodes[i].name, i);
  std::vector<Place> places(nodes.size());
  // Nodes are in an order of execution: what a node reads is settled before it.
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (std::size_t k = 0; k < nodes[i].inputs.size(); ++k) {
      Place& place = places[i];
      const auto found = index.find(nodes[i].inputs[k]);
      if (found == index.end()) {
        place.reads_input = true;
        place.ways_in = add(place.ways_in, 1);
        continue;
      }
      Place& source = places[found->second];
      if (source.after.empty()) source.place_in_reader = k;
      source.after.push_back(i);
      place.before.push_back(found->second);
      place.ways_in = add(place.ways_in, source.ways_in);
      place.from_input = std::max(place.from_input, source.from_input + has_matrix(nodes[found->second]));
    }
  places[index.at(description.output)].ways_out = 1;
  for (std::size_t i = nodes.size(); i-- > 0;)
    for (const std::size_t reader : places[i].after) {
      places[i].ways_out = add(places[i].ways_out, places[reader].ways_out);
      places[i].to_output = std::max(places[i].to_output, places[reader].to_output + has_matrix(nodes[reader]));
    }
  return places;
}

float log_share(double value, double most) {
  return static_cast<float>(std::log2(1 + value) / most);
}

void mark(Surroundings& row, std::size_t part, const NodeSpec& node) {
  if (const auto feature = find_operator(node.op)->feature) row[part * kOperatorFeatures + *feature] = 1;
}

Surroundings describe(const NetworkDescription& description, const GraphFacts& facts, const std::vector<Place>& places,
                      std::size_t node, const ParameterSpec& parameter, std::uint64_t all_ways) {
  const auto& nodes = description.nodes;
  const Place& place = places[node];
  Surroundings row{};
  mark(row, 0, nodes[node]);
  for (const std::size_t other : place.before) mark(row, 1, nodes[other]);
  for (const std::size_t other : place.after) mark(row, 2, nodes[other]);
  const double readers = place.after.empty() ? 1 : static_cast<double>(nodes[place.after.front()].inputs.size());
  const double depth = place.from_input + place.to_output;
  const Fans around = fans(parameter.shape);
  const Shape& value = facts.shapes.at(nodes[node].name);
  auto* next = row.data() + 3 * kOperatorFeatures;
  *next++ = place.reads_input;
  *next++ = nodes[node].name == description.output;
  *next++ = static_cast<float>(static_cast<double>(place.place_in_reader) / readers);
  *next++ = log_share(static_cast<double>(nodes[node].inputs.size()), 4);
  *next++ = log_share(static_cast<double>(place.after.size()), 4);
  *next++ = log_share(place.from_input, 10);
  *next++ = log_share(place.to_output, 10);
  *next++ = static_cast<float>(depth > 0 ? place.from_input / depth : 0);
  *next++ = multiply(place.ways_in, place.ways_out) != all_ways;
  *next++ = log_share(around.in, 16);
  *next++ = log_share(around.out, 16);
  // Channels come first in maps and last in sequences: all but the largest of the two stand in for "places".
  *next++ = log_share(static_cast<double>(element_count(value)) /
                          static_cast<double>(std::max<std::int64_t>(
                              {1, value.empty() ? 1 : value.front(), value.empty() ? 1 : value.back()})),
                      16);
  return row;
}

}  // namespace

std::vector<Surroundings> surroundings(const NetworkDescription& description, const GraphFacts& facts) {
  const auto places = places_of(description);
  std::unordered_map<std::string_view, std::size_t> reader;
  for (std::size_t i = 0; i < description.nodes.size(); ++i)
    for (const auto& [key, name] : description.nodes[i].parameters) reader.emplace(name, i);
  std::uint64_t all_ways = 0;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (description.nodes[i].name == description.output) all_ways = places[i].ways_in;
  std::vector<Surroundings> rows;
  for (const auto& parameter : description.parameters)
    rows.push_back(describe(description, facts, places, reader.at(parameter.name), parameter, all_ways));
  return rows;
}

}  // namespace weightloom
