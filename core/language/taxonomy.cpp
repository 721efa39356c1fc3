#include "weightloom/language/taxonomy.hpp"

#include <algorithm>
#include <set>

namespace weightloom {

bool Taxonomy::fits(std::size_t terms) const {
  if (broader.size() % kBroader != 0 || (!senses.empty() && senses.size() != kSenses * terms)) return false;
  const auto nodes = static_cast<Node>(broader.size() / kBroader);
  const auto is_node = [&](Node node) { return node >= kNone && node < nodes; };
  return std::ranges::all_of(senses, is_node) && std::ranges::all_of(broader, is_node);
}

std::vector<Taxonomy::Node> Taxonomy::senses_of(std::size_t term) const {
  std::vector<Node> out;
  for (auto i = kSenses * term; i < std::min(kSenses * (term + 1), senses.size()); ++i)
    if (senses[i] != kNone) out.push_back(senses[i]);
  return out;
}

std::vector<std::pair<Taxonomy::Node, std::size_t>> Taxonomy::kinds_of(Node node) const {
  std::vector<std::pair<Node, std::size_t>> out{{node, 0}};
  std::set<Node> seen{node};  // a damaged file may have circles
  for (std::size_t next = 0; next < out.size(); ++next) {
    const auto [kind, steps] = out[next];
    for (std::size_t i = 0; i < kBroader; ++i)
      if (const auto wider = broader[kBroader * static_cast<std::size_t>(kind) + i];
          wider != kNone && seen.insert(wider).second)
        out.emplace_back(wider, steps + 1);
  }
  return out;
}

std::size_t Taxonomy::depth(Node node) const {
  for (const auto& [kind, steps] : kinds_of(node))
    if (broader[kBroader * static_cast<std::size_t>(kind)] == kNone) return steps;
  return 0;
}

}  // namespace weightloom
