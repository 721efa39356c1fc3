#pragma once
// A zoo whose rows can be told by looking at it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../support/row_networks.hpp"
#include "weightloom/assessment/assessment.hpp"

namespace weightloom::test {

inline ZooRecord member_of(const std::string& dataset, std::optional<double> accuracy = {}) {
  ZooRecord record;
  record.dataset = dataset;
  if (accuracy) record.metrics["test_accuracy"] = *accuracy;
  return record;
}

struct HandMade {
  TemporaryFolder folder;
  std::string three = (folder / "stripes").string(), four = (folder / "four").string();
  std::shared_ptr<const Tokenizer> tokenizer = anchor_tokenizer();
  Generator generator{{16, 1, 4, 8, GenerationOrder::kTensor}, tokenizer, 0};
  DataCache data{ImageForm{1, 4}};
  AssessmentInput input{generator, data, {}, {}, {}, {}};
  AssessmentOptions options;

  HandMade() {
    write_rows(three, 3);
    write_rows(four, 4);
    options.samples = 4;
    options.tasks = 2;
    options.finetune_networks = 2;
    options.finetune_epochs = 0;
    options.temperature = 0;
    generator.remember(draw_exemplars(data, {three}, 0));
  }

  MemberGroup group(const std::string& family, std::vector<ZooRecord> records, const std::vector<Weights>& weights) {
    return {tokenizer->plan(small_mlp(2), family), std::move(records), concatenate(weights), {}};
  }
};

}  // namespace weightloom::test
