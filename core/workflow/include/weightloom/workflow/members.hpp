#pragma once
// The networks of a zoo as populations: grouped by description, with their anchors and tokens.

#include <string>
#include <vector>

#include "weightloom/data/dataset.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/tokenizer/members.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// All records of that split ("train", "held-out"; empty: both), grouped by family and description, without tokens.
// Anchors themselves are left out.
std::vector<MemberGroup> load_members(const Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer,
                                      const std::string& split);

// Fills in the groups' tokens: the zoo's where it holds current ones under this tokenizer, else freshly encoded. Throws
// kDamaged for a stored stream that does not fit.
void load_tokens(std::vector<MemberGroup>& groups, const Zoo& zoo, const Tokenizer& tokenizer);

// The anchors of every family in the zoo: its record tagged "anchor", else the aligned mean of its training members.
// Throws kUsage "anchor.shapes" when a family without an anchor holds networks of more than one description.
std::vector<Anchor> collect_anchors(const Zoo& zoo, const PluginRegistry& registry);

// Changes when the set of records with a split, or any of their weights, changes: what was learnt from the zoo is then
// stale.
std::string members_fingerprint(const Zoo& zoo);

// The form of the images that every network with a split expects; throws kUsage "zoo.forms" when they differ.
ImageForm common_form(const Zoo& zoo, const PluginRegistry& registry);

// The sources of all images that networks with a split were trained on, each with its train limit and without classes:
// DataSpec texts, sorted.
std::vector<std::string> data_sources(const Zoo& zoo);
// Data sets all of whose classes an anchor or a member to learn from was trained on, with their train limits: one text
// a source, in their order.
std::vector<std::string> learned_sources(const Zoo& zoo);

}  // namespace weightloom
