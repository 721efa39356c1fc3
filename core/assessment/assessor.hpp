#pragma once
// The parts of an assessment, one source file each, and what they share.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rows.hpp"
#include "weightloom/assessment/assessment.hpp"
#include "weightloom/generator/recall.hpp"
#include "weightloom/generator/start.hpp"
#include "weightloom/runtime/evaluation.hpp"

namespace weightloom {

// Does parts of an assessment, and keeps what they found. Parts do not know of each other, and each may have an
// assessor of its own.
class Assessor {
 public:
  Assessor(const AssessmentInput& input, const AssessmentOptions& options);

  struct Part {
    std::string name;
    std::function<void(Assessor&)> assess;
  };
  // All but fine-tuning; what refers to the assessor's input ends with it.
  std::vector<Part> parts() const;
  // A little training from what the parts of this assessor wrote for data that the zoo holds.
  std::vector<Part> finetuning_parts() const;

  // Takes over what another one found, after its own.
  void append(const Assessor& other);
  Assessment found() const { return {rows_.rows(), instruction_}; }

 private:
  // Everything that the zoo's networks are needed for.
  void add_zoo_parts(std::vector<Part>& parts) const;

  // seen.cpp: one network and data set that the zoo holds.
  void assess_seen(const MemberGroup& group, const std::string& spec);
  void add_zoo(const std::string& name, const MemberGroup& group, const std::string& spec, const TensorData& on);
  void add_decoded(const MemberGroup& held_out, const std::string& spec, const TensorData& on);
  // Words alone, each sample with a phrasing of its own that training never used.
  void assess_instructions(const MemberGroup& group, const std::string& spec, std::int64_t count);
  // Nothing where the instruction is refused.
  std::optional<Reading> read(const std::string& instruction) const;

  // configuration.cpp: networks of which there are held-out members, and none to learn from.
  void assess_configuration(const MemberGroup& group, const std::string& spec);

  // unseen_network.cpp: a depth that the zoo does not hold.
  std::set<std::string> data_sets_of_family(const NetworkPlan& plan) const;
  void assess_unseen_network(const NetworkPlan& plan, const std::string& spec);

  // unseen_tasks.cpp: class subsets that no training member has, in any order.
  std::vector<DataSpec> draw_unseen_tasks(const MemberGroup& group) const;
  void assess_task(const MemberGroup& group, const DataSpec& task, std::int64_t index);

  // trial.cpp: a network and a data set that no training saw.
  void assess_trial(const Trial& trial, std::int64_t sample);
  void add_generated(const NetworkPlan& plan, const Request& wanted, const TensorData& on);
  void add_trained(const NetworkPlan& plan, const Request& wanted, const TensorData& on);
  // One network, ready to use, and its start; the start twice where the generator does not know the family.
  std::pair<Weights, Weights> written_by(const Generator& generator, const NetworkPlan& plan,
                                         const Request& wanted) const;

  // finetuning.cpp: the same starts after a little training.
  void finetune(const std::string& name, const NetworkPlan& plan, const Weights& start, const std::string& spec);

  // Shared.
  Evaluation score(const NetworkPlan& plan, const Weights& weights, const TensorData& on) const;
  Weights calibrated(const NetworkPlan& plan, const Weights& weights, const TensorData& on) const;
  // Adds a row of calibrated networks.
  void add_calibrated(const std::string& name, const std::string& data, const NetworkPlan& plan, const Weights& weights,
                      const TensorData& on);
  // Adds a row of `count` starts, each from example images of its own.
  void add_starts(const std::string& name, const std::string& data, const NetworkPlan& plan, Request wanted,
                  std::int64_t count, const TensorData& on);
  // `label` and the plan decide what is drawn, so that no sample depends on what else is assessed.
  Request request(const std::string& label, std::int64_t count, const NetworkPlan& plan) const;
  NoveltySamples novelty(const MemberGroup& group, const std::string& spec, const Generated& made, const Weights& ready,
                         const TensorData& on) const;
  // Whether no training member and no anchor, of any family and with any classes, is of the plan's configuration.
  bool is_unseen(const NetworkPlan& plan) const;
  // The members of `groups` that are of that plan's network and family; nullptr when there are none.
  static const MemberGroup* find_group(const std::vector<MemberGroup>& groups, const NetworkPlan& plan);

  const AssessmentInput& input_;
  const AssessmentOptions& options_;
  const Tokenizer& tokenizer_;
  RowCollector rows_;
  InstructionResult instruction_;
  // The first network of each family that was generated for a data set: where fine-tuning starts.
  struct TunedNetwork {
    std::shared_ptr<const NetworkPlan> plan;
    Weights weights;
  };
  std::map<std::pair<std::string, std::string>, TunedNetwork> tuned_;  // by label_of() and data
};

// Whether the members were made for class subsets rather than whole data sets.
bool is_task_group(const MemberGroup& group);
std::set<std::string> data_sets(const MemberGroup& group);
// The members made for one data set; population 0 when there are none.
Weights members_on(const MemberGroup& group, const std::string& spec);

}  // namespace weightloom
