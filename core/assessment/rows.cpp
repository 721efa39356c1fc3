#include "rows.hpp"

namespace weightloom {

std::string label_of(const NetworkPlan& plan) {
  return plan.family().empty() ? plan.description().architecture : plan.family();
}

bool is_independent(const Tokenizer& tokenizer, const NetworkPlan& plan) {
  const Anchor* anchor = tokenizer.find_anchor(plan.description().architecture, plan.family());
  return anchor && anchor->independent;
}

void RowCollector::add(const std::string& name, const std::string& data, const NetworkPlan& plan,
                       const std::vector<double>& values, const NoveltySamples& novelty, double epochs) {
  std::vector<std::string> labels{label_of(plan)};
  if (!is_independent(tokenizer_, plan)) labels.emplace_back(kAllFamilies);
  for (const std::string& label : labels) {
    Collected& row = rows_[{name, data, label, epochs}];
    row.values.insert(row.values.end(), values.begin(), values.end());
    row.novelty.append(novelty);
  }
}

void RowCollector::append(const RowCollector& other) {
  for (const auto& [key, found] : other.rows_) {
    Collected& row = rows_[key];
    row.values.insert(row.values.end(), found.values.begin(), found.values.end());
    row.novelty.append(found.novelty);
  }
}

std::vector<ResultRow> RowCollector::rows() const {
  std::vector<ResultRow> out;
  for (const auto& [key, row] : rows_) {
    const auto& [name, data, architecture, epochs] = key;
    out.push_back({name, data, architecture, epochs, row.values, summarise(row.novelty)});
  }
  return out;
}

}  // namespace weightloom
