#include "weightloom/network/address.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

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

// Nearest fraction; a tie goes to the later block, because the first one of a scope is the odd one out (it changes the
// width).
int corresponding_block(const Address& target, int source_blocks) {
  if (target.blocks <= 1) return 0;
  const auto steps = static_cast<std::int64_t>(target.blocks) - 1;
  return static_cast<int>((2 * std::int64_t{target.block} * (source_blocks - 1) + steps) / (2 * steps));
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
  std::map<std::string, int> blocks;
  const auto source_addresses = addresses(source);
  for (std::size_t i = 0; i < source_addresses.size(); ++i) {
    const auto& address = source_addresses[i];
    places.emplace(Place(address.scope, address.block, address.branch), i);
    if (address.block >= 0) blocks[address.scope] = address.blocks;
  }
  std::vector<std::optional<std::size_t>> matches;
  for (const auto& address : addresses(target)) {
    const auto scope = blocks.find(address.scope);
    const int block =
        address.block >= 0 && scope != blocks.end() ? corresponding_block(address, scope->second) : address.block;
    const auto place = places.find(Place(address.scope, block, address.branch));
    const auto& wanted = target.parameters[matches.size()];
    const bool fits = place != places.end() && source.parameters[place->second].role == wanted.role &&
                      source.parameters[place->second].shape.size() == wanted.shape.size();
    matches.push_back(fits ? std::optional(place->second) : std::nullopt);
  }
  return matches;
}

}  // namespace weightloom
