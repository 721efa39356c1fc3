#include "families.hpp"
#include "population.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

Value linear(const OperatorArguments& a) {
  const auto& x = a.inputs[0];
  const auto &weight = a.parameters[0], &bias = a.parameters[1];
  const auto population = weight.size(0), features = weight.size(2);
  auto sizes = x.tensor.sizes().vec();
  sizes.back() = weight.size(1);
  if (x.shared) sizes.insert(sizes.begin(), population);
  const auto rows = x.shared ? x.tensor.reshape({1, -1, features}).expand({population, -1, -1})
                             : x.tensor.reshape({population, -1, features});
  const auto columns = weight.transpose(1, 2);
  const auto out = bias.defined() ? at::baddbmm(bias.unsqueeze(1), rows, columns) : at::bmm(rows, columns);
  return {out.view(sizes), false};
}

// Rows of the table [P, V, D], which lie one member below the other for one lookup.
Value embedding(const OperatorArguments& a) {
  const auto& table = a.parameters[0];
  const auto population = table.size(0), words = table.size(1);
  const auto given = all_members(a.inputs[0], population).tensor;
  const auto tokens = given.to(torch::kLong);
  const auto least = tokens.min().item<std::int64_t>(), most = tokens.max().item<std::int64_t>();
  if (least < 0 || most >= words)
    throw Error(ErrorCode::kUsage, "executor.token", "cannot look up a token",
                "expected numbers from 0 to " + std::to_string(words - 1) + ", found " +
                    std::to_string(least < 0 ? least : most));
  if (!torch::equal(tokens.to(given.scalar_type()), given))
    throw Error(ErrorCode::kUsage, "executor.token", "cannot look up a token", "expected whole numbers");
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(tokens.dim()), 1);
  sizes[0] = population;
  const auto first = torch::arange(population, tokens.options()) * words;
  return {at::embedding(table.flatten(0, 1), tokens + first.view(sizes)), false};
}

Value matmul(const OperatorArguments& a) {
  return {torch::matmul(a.inputs[0].tensor, a.inputs[1].tensor), a.inputs[0].shared && a.inputs[1].shared};
}

}  // namespace

OperatorMakers dense_makers() {
  return {{"linear", [](const NodeSpec&) { return Operator{linear}; }},
          {"embedding", [](const NodeSpec&) { return Operator{embedding}; }},
          {"matmul", [](const NodeSpec&) { return Operator{matmul}; }}};
}

}  // namespace weightloom
