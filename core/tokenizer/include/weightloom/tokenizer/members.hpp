#pragma once
// Zoo networks in the form that learning from them needs.

#include <memory>
#include <vector>

#include "weightloom/tokenizer/network_plan.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// P networks of one description and family. A value type; the plan is shared and immutable.
struct MemberGroup {
  std::shared_ptr<const NetworkPlan> plan;
  std::vector<ZooRecord> records;  // P
  Weights weights;                 // population P, in the order of the records
  torch::Tensor tokens;            // [P, L, Q] int64 of these weights; undefined until somebody needs them
};

}  // namespace weightloom
