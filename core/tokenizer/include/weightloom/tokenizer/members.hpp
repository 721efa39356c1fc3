#pragma once
// The networks of a zoo in the form that learning from them needs: grouped by description, with their data.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weightloom/plugin/registry.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// Networks of one description and family.
struct MemberGroup {
  std::shared_ptr<const NetworkPlan> plan;
  std::vector<ZooRecord> records;
  Weights weights;  // population records.size()
};

// All records with that split ("train", "held-out"; empty: both), grouped. Anchors themselves are left out.
std::vector<MemberGroup> load_members(const Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer,
                                      const std::string& split);

// The anchors of every family in the zoo: its record tagged "anchor", else the aligned mean of its training members.
// Throws kUsage when a family without anchor holds networks of more than one description.
std::vector<Anchor> collect_anchors(const Zoo& zoo, const PluginRegistry& registry);

// Changes when the set of records with a split, or any of their weights, changes: what was learnt from the zoo is then
// stale.
std::string members_fingerprint(const Zoo& zoo);

// Data sets by DataSpec text, each source loaded once. Not thread-safe.
class DataCache {
 public:
  explicit DataCache(ImageForm form) : form_(form) {}
  const ImageForm& form() const { return form_; }
  // The whole source with the spec's train limit; class subsets are cut from it on the fly by get().
  const TensorData& source(const DataSpec& spec);
  TensorData get(const std::string& spec);

 private:
  ImageForm form_;
  std::map<std::string, TensorData> sources_;
};

// The form that every record of the zoo expects; throws kUsage when they differ.
ImageForm common_form(const Zoo& zoo, const PluginRegistry& registry);

}  // namespace weightloom
