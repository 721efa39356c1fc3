#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

Shape linear_shape(const NodeShapes& n) {
  n.expect_parameter("weight", {-1, n.input().back()});
  const auto out = n.parameter("weight")->front();
  n.expect_parameter("bias", {out});
  auto shape = n.input();
  shape.back() = out;
  return shape;
}

std::vector<std::int64_t> linear_products(const NodeShapes& n, const Shape& output) {
  return {element_count(output), n.input().back()};
}

void linear_flow(const NodeAxes& n, AxisClasses& classes) {
  for (std::size_t i = 0; i + 1 < n.output.size(); ++i) classes.join(n.output[i], n.input()[i]);
  classes.join(n.parameter("weight")[1], n.input().back());
  join_vectors(n, {"weight", "bias"}, n.output.back(), classes);
}

Shape embedding_shape(const NodeShapes& n) {
  n.expect_parameter("weight", {-1, -1});
  auto shape = n.input();
  shape.push_back(n.parameter("weight")->back());
  return shape;
}

// Tokens are numbers, not units: neither they nor the rows that they name can move.
void embedding_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto weight = n.parameter("weight");
  for (std::size_t i = 0; i < n.input().size(); ++i) classes.join(n.output[i], n.input()[i]);
  classes.fix(weight[0]);
  classes.join(weight[1], n.output.back());
}

Shape matmul_shape(const NodeShapes& n) {
  const auto &a = n.inputs[0], &b = n.inputs[1];
  const auto rank = a.size();
  const bool fits = rank >= 2 && b.size() == rank && std::equal(a.begin(), a.end() - 2, b.begin(), b.end() - 2) &&
                    a[rank - 1] == b[rank - 2];
  if (!fits)
    refuse("shape", n.path,
           "expected [..., M, K] and [..., K, N] with the same dimensions in front, found " + to_string(a) + " and " +
               to_string(b));
  auto shape = a;
  shape.back() = b.back();
  return shape;
}

std::vector<std::int64_t> matmul_products(const NodeShapes& n, const Shape& output) {
  return {element_count(output), n.input().back()};
}

void matmul_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto &a = n.inputs[0], &b = n.inputs[1];
  const auto rank = a.size();
  for (std::size_t i = 0; i + 1 < rank; ++i) classes.join(n.output[i], a[i]);
  for (std::size_t i = 0; i + 2 < rank; ++i) classes.join(n.output[i], b[i]);
  classes.join(n.output[rank - 1], b[rank - 1]);
  classes.join(a[rank - 1], b[rank - 2]);
}

}  // namespace

std::vector<OperatorDefinition> dense_operators() {
  return {
      {{.name = "linear", .parameters = {kWeightRule, kBiasRule}, .is_head = true, .feature = 1},
       linear_shape,
       linear_flow,
       linear_products},
      {{.name = "embedding", .parameters = {{"weight", Role::kEmbedding, true, 1}}}, embedding_shape, embedding_flow},
      {{.name = "matmul", .least_inputs = 2, .most_inputs = 2}, matmul_shape, matmul_flow, matmul_products}};
}

}  // namespace weightloom
