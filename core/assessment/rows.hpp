#pragma once
// Collects accuracies into rows.

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "weightloom/assessment/novelty.hpp"

namespace weightloom {

// Not thread-safe. The tokenizer is not owned.
class RowCollector {
 public:
  explicit RowCollector(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // Counts `values` under label_of(plan) and, unless the family's anchor is a mean, under all families.
  void add(const std::string& name, const std::string& data, const NetworkPlan& plan, const std::vector<double>& values,
           const NoveltySamples& novelty = {}, double epochs = 0);
  // The values of another one after those of this one.
  void append(const RowCollector& other);

  // By name, data, architecture and epochs.
  std::vector<ResultRow> rows() const;

 private:
  struct Collected {
    std::vector<double> values;
    NoveltySamples novelty;
  };
  const Tokenizer& tokenizer_;
  std::map<std::tuple<std::string, std::string, std::string, double>, Collected> rows_;
};

// What a row calls a network: its family, or its architecture where it has none.
std::string label_of(const NetworkPlan& plan);
// Whether the family's anchor is the mean of its members rather than their ancestor.
bool is_independent(const Tokenizer& tokenizer, const NetworkPlan& plan);

}  // namespace weightloom
