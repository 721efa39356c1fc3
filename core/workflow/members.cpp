#include "weightloom/workflow/members.hpp"

#include <optional>
#include <set>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/data/grouping.hpp"
#include "weightloom/tokenizer/token_stream.hpp"

namespace weightloom {
namespace {

bool is_anchor(const ZooRecord& record) {
  return record.tags.contains("anchor");
}

Weights read_weights(const Zoo& zoo, const NetworkDescription& description, const ZooRecord& record) {
  return to_weights(description, zoo.weights(record));
}

struct Grouped {
  NetworkDescription description;
  std::vector<ZooRecord> records;
};

// By family and description; describing a configuration once per distinct one.
std::map<std::string, Grouped> group_records(const Zoo& zoo, const PluginRegistry& registry, const std::string& split) {
  std::map<std::string, Grouped> groups;
  for (ZooRecord& record : zoo.all()) {
    if (is_anchor(record) || record.split.empty() || (!split.empty() && record.split != split)) continue;
    const std::string key = record.family + '\n' + record.architecture + '\n' + record.config.dump();
    auto found = groups.find(key);
    if (found == groups.end())
      found = groups.emplace(key, Grouped{registry.describe(record.architecture, record.config), {}}).first;
    found->second.records.push_back(std::move(record));
  }
  return groups;
}

Weights read_all(const Zoo& zoo, const Grouped& group) {
  std::vector<Weights> weights;
  for (const ZooRecord& record : group.records) weights.push_back(read_weights(zoo, group.description, record));
  return concatenate(weights);
}

}  // namespace

std::vector<MemberGroup> load_members(const Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer,
                                      const std::string& split) {
  std::vector<MemberGroup> out;
  for (auto& [key, group] : group_records(zoo, registry, split)) {
    auto plan = tokenizer.plan(group.description, group.records.front().family);
    auto weights = read_all(zoo, group);
    out.push_back({std::move(plan), std::move(group.records), std::move(weights), {}});
  }
  return out;
}

void load_tokens(std::vector<MemberGroup>& groups, const Zoo& zoo, const Tokenizer& tokenizer) {
  const std::string id = tokenizer.id();
  for (MemberGroup& group : groups) {
    std::vector<torch::Tensor> tokens;
    for (std::size_t m = 0; m < group.records.size(); ++m) {
      const ZooRecord& record = group.records[m];
      const auto stored = zoo.tokens(record.id, id);
      // The hash tells whether the weights were replaced since; an id alone would not.
      tokens.push_back(stored && stored->weights_hash == record.weights_hash
                           ? unpack_tokens(stored->payload, *group.plan, tokenizer.config())
                           : tokenizer.encode(*group.plan, group.weights.member(static_cast<std::int64_t>(m))));
    }
    group.tokens = torch::cat(tokens);
  }
}

std::vector<Anchor> collect_anchors(const Zoo& zoo, const PluginRegistry& registry) {
  std::vector<Anchor> anchors;
  std::map<std::string, bool> anchored;
  for (const ZooRecord& record : zoo.all())
    if (is_anchor(record)) {
      auto description = registry.describe(record.architecture, record.config);
      auto weights = read_weights(zoo, description, record);
      // A network that was not grown from a recipe says nothing of ranges.
      const auto of_recipe = [&](const char* key) {
        return record.recipe.is_object() ? record.recipe.value(key, Json::object()) : Json::object();
      };
      anchors.push_back(
          {record.family, std::move(description), std::move(weights), false, of_recipe("base"), of_recipe("ranges")});
      anchored[record.family] = true;
    }
  // Held-out members are left out of the mean: they are what it is tested on.
  for (const auto& [key, group] : group_records(zoo, registry, "train")) {
    const std::string& family = group.records.front().family;
    if (anchored.contains(family)) {
      if (!anchored[family])
        throw Error(ErrorCode::kUsage, "anchor.shapes", "family '" + family + "' has no anchor",
                    "its networks differ in shape, so they have no mean",
                    "add an [[anchor]] to the recipe, or give each shape a family of its own");
      continue;
    }
    anchored[family] = false;
    anchors.push_back({family, group.description, aligned_mean(group.description, read_all(zoo, group)).mean, true});
  }
  return anchors;
}

std::string members_fingerprint(const Zoo& zoo) {
  // Sorted and without names: neither renaming nor the order of storing makes anything stale.
  std::set<std::string> parts;
  for (const ZooRecord& record : zoo.all())
    if (!record.split.empty() || is_anchor(record))
      parts.insert(record.family + '/' + record.split + '/' + record.dataset + '/' + record.weights_hash);
  std::string text;
  for (const std::string& part : parts) text += part + '\n';
  return short_hash(text);
}

ImageForm common_form(const Zoo& zoo, const PluginRegistry& registry) {
  std::optional<Shape> shape;
  std::map<std::string, Shape> known;
  for (const ZooRecord& record : zoo.all()) {
    if (record.split.empty() && !is_anchor(record)) continue;
    const std::string key = record.architecture + record.config.dump();
    if (!known.contains(key)) known[key] = registry.describe(record.architecture, record.config).input.shape;
    if (shape && *shape != known[key])
      throw Error(ErrorCode::kUsage, "zoo.forms", "the zoo's networks expect different images",
                  to_string(*shape) + " and " + to_string(known[key]), "use one image form per tokenizer");
    shape = known[key];
  }
  if (!shape || shape->size() != 3 || (*shape)[1] != (*shape)[2])
    throw Error(ErrorCode::kUsage, "zoo.forms", "the zoo holds no image networks to learn from",
                shape ? "their input is " + to_string(*shape) : "no record has a split",
                "grow some with `weightloom zoo grow`");
  return {(*shape)[0], (*shape)[1]};
}

std::vector<std::string> data_sources(const Zoo& zoo) {
  std::set<std::string> sources;
  for (const ZooRecord& record : zoo.all())
    if (!record.split.empty()) {
      DataSpec spec = DataSpec::parse(record.dataset);
      spec.source = ungrouped(spec.source);
      spec.classes.clear();
      sources.insert(spec.text());
    }
  return {sources.begin(), sources.end()};
}

std::vector<std::string> learned_sources(const Zoo& zoo) {
  std::map<std::string, std::string> by_source;
  const auto add = [&](const std::string& text) {
    const DataSpec spec = DataSpec::parse(text);
    if (spec.classes.empty() && ungrouped(spec.source) == spec.source) by_source.emplace(spec.source, text);
  };
  for (const ZooRecord& record : zoo.all()) {
    if (record.split == "train") add(record.dataset);
    const Json data = record.recipe.is_object() && record.recipe.value("kind", Json()) == "anchor"
                          ? record.recipe.value("data", Json())
                          : Json();
    if (data.is_array())
      for (const Json& text : data)
        if (text.is_string()) add(text.get<std::string>());
  }
  std::vector<std::string> out;
  for (const auto& [source, text] : by_source) out.push_back(text);
  return out;
}

}  // namespace weightloom
