#pragma once
// Networks compared on images: the best of several, for a fraction of what evaluating all of them would take.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/retrieval/retrieval.hpp"
#include "weightloom/runtime/data_cache.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// A network in a comparison.
struct Contender {
  std::string name;  // in the zoo, or a file's path
  ZooRecord record;  // of where it comes from
  NetworkDescription description;
  Weights weights;                    // population 1
  std::vector<std::int64_t> outputs;  // that are the wanted classes, in their order; empty: all
  double predicted = 0;               // accuracy, before anything was looked at
  bool stored = false;                // in a zoo
  // What was seen: right answers among so many images.
  std::int64_t right = 0, images = 0;
  double accuracy() const { return images > 0 ? static_cast<double>(right) / static_cast<double>(images) : 0; }
};

// Data sets in every form that a network may take, each read once. [any-thread] like DataCache.
class ImageForms {
 public:
  // The data as `description` takes it. Throws kUsage "selection.input" for a network that takes no square images, and
  // what DataCache::get() does.
  std::shared_ptr<const TensorData> get(const std::string& data, const NetworkDescription& description);
  // Data of one form that is there already, such as what a generator remembers.
  void take(std::unique_ptr<DataCache> data);

 private:
  std::map<std::pair<std::int64_t, std::int64_t>, std::unique_ptr<DataCache>> forms_;
};

// The stored network of a candidate. Throws kUsage "selection.architecture" where its record names no architecture,
// "selection.classes" where its head has not the outputs that its record promises, kNotFound where no such plugin is
// registered, and what to_weights() does.
Contender stored_contender(const Zoo& zoo, const PluginRegistry& registry, const Candidate& candidate);

// Those of the candidates that can be compared on the validation images of `data`; `left_out` is told of the others:
// that cannot be executed, whose images are not there, or that see others than `beside`, by default the first one.
std::vector<Contender> stored_contenders(const Zoo& zoo, const PluginRegistry& registry,
                                         const std::vector<Candidate>& candidates, const std::string& data,
                                         ImageForms& forms,
                                         const std::function<void(const Candidate&, const Error&)>& left_out,
                                         const Contender* beside = nullptr);

// The network that has the contender's outputs alone, in their order, as one that can be stored: its record names where
// it was cut from. Throws kUsage "selection.head" where its outputs are not those of a linear layer.
Contender with_outputs(const Contender& contender, const PluginRegistry& registry, const std::string& data);

// Counts the answers of a contender on further images: those at `rows` [n] (int64) of `split`, whose labels are places
// among the contender's outputs. Throws kFailure "runtime.*".
void look(Contender& contender, const LabelledImages& split, const torch::Tensor& rows);

struct ProbeOptions {
  std::int64_t most = 16;   // candidates, from the first
  std::int64_t shots = 32;  // training images of each class
  std::uint64_t seed = 0;
};

// A cheap look at the first candidates: each answers for a few training images of `data`, a DataSpec text. Their
// predicted accuracies become the mean of what was recorded and what was seen, and they are put in order again; who was
// not looked at, or cannot be executed, stays behind. Throws what ImageForms::get() does. Interruptible.
void probe(Retrieval& retrieval, const Zoo& zoo, const PluginRegistry& registry, const std::string& data,
           const ProbeOptions& options, const ProgressSink& progress = {});

struct SelectionBudget {
  // Of what running all contenders on all validation images would take: above 0, at most 1.
  double share = 0.25;
  std::uint64_t seed = 0;
};

struct SelectionResult {
  std::vector<Contender> contenders;  // the best first; weights of all but the best are given up
  std::int64_t looked = 0, all = 0;   // executions on one image: done, and those that looking at everything takes
};

// Successive halving (Karnin et al. 2013) on the validation images of `data`: in every round those that are left see as
// many further images as the round's equal part of the budget allows, and the worse half leaves. Predictions decide
// between equals, and who enters where there are more contenders than the budget has sixteen images for (an eighth of
// few). Same arguments: same result. Throws kUsage "selection.nothing" without contenders, "selection.images" where
// their validation images differ in number. Interruptible.
SelectionResult select_best(std::vector<Contender> contenders, const std::string& data, ImageForms& forms,
                            const SelectionBudget& budget, const ProgressSink& progress = {});

// Where a network that was generated meets those of the zoo that fit the same request.
struct Meeting {
  std::optional<Contender> stored;  // the best of the zoo, where it is better than what was generated
  std::int64_t met = 0;             // networks of the zoo that took part
  double accuracy = 0;              // of the better one, on the validation images that it saw
};

// The first sixteen candidates of `wanted` and the generated network are compared with half of what looking at all
// images would take; between equals the generated one is kept. Networks that cannot be compared stay out. Throws what
// select_best() does.
Meeting meet_zoo(Contender generated, const Zoo& zoo, const PluginRegistry& registry, const Wanted& wanted,
                 const std::string& data, ImageForms& forms, const ProgressSink& progress = {});

}  // namespace weightloom
