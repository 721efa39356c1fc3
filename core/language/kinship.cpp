#include "kinship.hpp"

#include <algorithm>
#include <map>

#include "subjects.hpp"

namespace weightloom {
namespace {

using Node = Taxonomy::Node;

// Nearer to the top there are things, living beings, artefacts, coverings and instruments.
constexpr std::size_t kLeastDepth = 6;

std::optional<Node> first_sense(const Term& term, const Taxonomy& taxonomy) {
  const auto senses = term.index ? taxonomy.senses_of(*term.index) : std::vector<Node>();
  return senses.empty() ? std::nullopt : std::optional(senses.front());
}

}  // namespace

Genera genera_of(const std::vector<std::vector<Term>>& names, const std::vector<std::vector<Term>>& called,
                 const Taxonomy& taxonomy) {
  Genera out{.classes = std::vector<std::set<Node>>(names.size()), .common = {}, .all = {}, .broader = {}};
  std::map<Node, std::size_t> shared;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto sense = names[c].empty() ? std::nullopt : first_sense(names[c].back(), taxonomy);
    if (!sense) continue;
    out.classes[c].insert(*sense);
    for (const auto& [kind, steps] : taxonomy.kinds_of(*sense)) {
      ++shared[kind];
      if (steps > 0) out.broader.insert(kind);
    }
  }
  for (const auto& [kind, classes] : shared) {
    if (classes > 1 && taxonomy.depth(kind) >= kLeastDepth) out.common.insert(kind);
    if (classes == names.size() && (!out.all || taxonomy.depth(kind) > taxonomy.depth(*out.all))) out.all = kind;
  }
  for (std::size_t c = 0; c < names.size(); ++c)
    for (const Term& name : called[c])
      if (const auto sense = first_sense(name, taxonomy);
          sense && !out.broader.contains(*sense) &&
          std::ranges::any_of(taxonomy.kinds_of(*sense),
                              [&](const auto& kind) { return out.common.contains(kind.first); }))
        out.classes[c].insert(*sense);
  return out;
}

Kinship kinship(const Term& term, const Genera& genera, const Taxonomy& taxonomy) {
  Kinship out;
  std::size_t nearest = 0;
  for (const auto sense : term.index ? taxonomy.senses_of(*term.index) : std::vector<Node>()) {
    // What a class is a kind of is no other thing.
    if (genera.common.contains(sense) || genera.broader.contains(sense)) return {};
    for (const auto& [kind, steps] : taxonomy.kinds_of(sense)) {
      out.sibling = out.sibling || genera.common.contains(kind);
      out.like_all = out.like_all || genera.all == kind;
      for (std::size_t c = 0; c < genera.classes.size(); ++c)
        if (genera.classes[c].contains(kind) && (!out.kind_of || steps < nearest)) {
          out.kind_of = static_cast<std::int64_t>(c);
          nearest = steps;
        }
    }
  }
  out.sibling = out.sibling && !out.kind_of;
  return out;
}

}  // namespace weightloom
