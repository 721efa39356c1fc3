#include "weightloom/tokenizer/members.hpp"

#include <optional>
#include <set>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"

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
    MemberGroup members{tokenizer.plan(group.description, group.records.front().family), {}, read_all(zoo, group)};
    members.records = std::move(group.records);
    out.push_back(std::move(members));
  }
  return out;
}

std::vector<Anchor> collect_anchors(const Zoo& zoo, const PluginRegistry& registry) {
  std::vector<Anchor> anchors;
  std::map<std::string, bool> anchored;
  for (const ZooRecord& record : zoo.all())
    if (is_anchor(record)) {
      auto description = registry.describe(record.architecture, record.config);
      auto weights = read_weights(zoo, description, record);
      anchors.push_back({record.family, std::move(description), std::move(weights), false});
      anchored[record.family] = true;
    }
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
  std::set<std::string> parts;
  for (const ZooRecord& record : zoo.all())
    if (!record.split.empty() || is_anchor(record))
      parts.insert(record.family + '/' + record.split + '/' + record.dataset + '/' + record.weights_hash);
  std::string text;
  for (const std::string& part : parts) text += part + '\n';
  return short_hash(text);
}

const TensorData& DataCache::source(const DataSpec& spec) {
  DataSpec whole = spec;
  whole.classes.clear();
  const std::string key = whole.text();
  auto found = sources_.find(key);
  if (found == sources_.end()) found = sources_.emplace(key, load_tensors(whole, form_)).first;
  return found->second;
}

TensorData DataCache::get(const std::string& text) {
  const DataSpec spec = DataSpec::parse(text);
  const TensorData& whole = source(spec);
  return spec.classes.empty() ? whole : subset_classes(whole, spec.classes);
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

}  // namespace weightloom
