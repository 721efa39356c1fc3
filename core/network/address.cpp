#include "weightloom/network/address.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "weightloom/network/symmetry.hpp"

namespace weightloom {
namespace {

// The k of `<word><k>`, -1 when the component is something else. Six digits are more than any network has.
int index_after(std::string_view component, std::string_view word) {
  if (!component.starts_with(word)) return -1;
  const auto digits = component.substr(word.size());
  if (digits.empty() || digits.size() > 6 || (digits.size() > 1 && digits[0] == '0')) return -1;
  int value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && digits[0] != '-' ? value : -1;
}

Address parse_address(const std::string& name) {
  Address address;
  address.branch = name;
  for (std::size_t begin = 0; begin < name.size();) {
    const auto end = std::min(name.find('.', begin), name.size());
    const auto component = std::string_view(name).substr(begin, end - begin);
    if (const int stage = index_after(component, "stage"); stage >= 0) address.stage = stage;
    if (const int block = index_after(component, "block"); block >= 0) {
      address.block = block;
      address.scope = begin == 0 ? "" : name.substr(0, begin - 1);
      address.branch = end == name.size() ? "" : name.substr(end + 1);
      break;
    }
    begin = end + 1;
  }
  return address;
}

// The blocks of one scope, each by the branches that it has and the kinds of their axes: the first block of a
// perceptron reads pixels, the others units.
using Blocks = std::map<int, std::set<std::string>>;

std::map<std::string, Blocks> blocks_of(const NetworkDescription& description, const std::vector<Address>& addresses) {
  const auto factors = axis_factors(description);
  std::map<std::string, Blocks> scopes;
  for (std::size_t p = 0; p < addresses.size(); ++p) {
    const Address& address = addresses[p];
    if (address.block < 0) continue;
    auto branch = address.branch + ':';
    for (const auto& axis : factors[p]) {
      for (const auto& factor : axis) branch += factor.is_free ? 'u' : 'p';
      branch += ',';
    }
    scopes[address.scope][address.block].insert(std::move(branch));
  }
  return scopes;
}

// Of the source's blocks of the same kind (of all, where there are none) the one at the nearest place. A tie goes
// to the later one, because the first one of a scope is often the odd one out.
int corresponding_block(const Address& target, const Blocks& of_target, const Blocks& source) {
  const auto& branches = of_target.at(target.block);
  const bool known = std::ranges::any_of(source, [&](const auto& block) { return block.second == branches; });
  // Places of both as multiples of 1 / ((blocks - 1) (source blocks - 1)).
  const auto steps = std::max<std::int64_t>(1, target.blocks - 1), last = std::int64_t{source.rbegin()->first};
  const auto wanted = std::int64_t{target.block} * last;
  int best = 0;
  std::int64_t least = -1;
  for (const auto& [block, its_branches] : source) {
    if (known && its_branches != branches) continue;
    const auto distance = std::abs(std::int64_t{block} * steps - wanted);
    if (least >= 0 && distance > least) continue;
    least = distance;
    best = block;
  }
  return best;
}

}  // namespace

std::vector<Address> addresses(const NetworkDescription& description) {
  std::vector<Address> result;
  std::map<std::string, int> blocks;
  for (const auto& parameter : description.parameters) {
    const auto& address = result.emplace_back(parse_address(parameter.name));
    if (address.block >= 0) blocks[address.scope] = std::max(blocks[address.scope], address.block + 1);
  }
  for (auto& address : result)
    if (address.block >= 0) address.blocks = blocks[address.scope];
  return result;
}

std::vector<std::optional<std::size_t>> match_by_address(const NetworkDescription& target,
                                                         const NetworkDescription& source) {
  using Place = std::tuple<std::string, int, std::string>;
  std::map<Place, std::size_t> places;
  const auto source_addresses = addresses(source), target_addresses = addresses(target);
  for (std::size_t i = 0; i < source_addresses.size(); ++i) {
    const auto& address = source_addresses[i];
    places.emplace(Place(address.scope, address.block, address.branch), i);
  }
  const auto source_blocks = blocks_of(source, source_addresses), target_blocks = blocks_of(target, target_addresses);
  std::vector<std::optional<std::size_t>> matches;
  for (const auto& address : target_addresses) {
    const auto scope = source_blocks.find(address.scope);
    const int block = address.block >= 0 && scope != source_blocks.end()
                          ? corresponding_block(address, target_blocks.at(address.scope), scope->second)
                          : address.block;
    const auto place = places.find(Place(address.scope, block, address.branch));
    const auto& wanted = target.parameters[matches.size()];
    const bool fits = place != places.end() && source.parameters[place->second].role == wanted.role &&
                      source.parameters[place->second].shape.size() == wanted.shape.size();
    matches.push_back(fits ? std::optional(place->second) : std::nullopt);
  }
  return matches;
}

}  // namespace weightloom
