#include "weightloom/generator/head.hpp"

#include <algorithm>
#include <optional>

#include "weightloom/base/assignment.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/generator/condition.hpp"
#include "weightloom/runtime/inheritance.hpp"
#include "weightloom/runtime/jitter.hpp"

namespace weightloom {
namespace {

// Of few examples a fold should leave most: with 32 a class a head is fitted on 24.
constexpr std::int64_t kFolds = 4;
// Jittered copies of every example; their number was not tuned. Large networks get fewer: looking at all of them costs
// at most about so many operations, and features take at most so many values.
constexpr std::int64_t kCopies = 8;
constexpr double kMostOperations = 1e10, kMostHeadValues = 1 << 26;

// Of classes that the ancestor was trained on its own rows make at most half as many errors again as the best head; of
// other classes they make 1.8 times as many and more (docs/lab/0012). A hundredth on top: of few examples hardly any
// are wrong.
constexpr double kKnownClasses = 1.6, kSlack = 0.01;

// The anchor's own head on the features of the plan's network: a row for each class that it was trained to tell apart.
// Nothing where its features are others.
std::optional<LinearHead> ancestor_head(const Anchor* anchor, const NetworkPlan& plan) {
  if (!anchor) return std::nullopt;
  const auto& target = plan.description();
  const auto& facts = plan.executor().facts();
  const auto weight = target.find_parameter(facts.head_weight);
  const auto cuts = cut_network(target, anchor->description);
  if (!weight || !cuts[*weight]) return std::nullopt;
  const auto rows_whole = [&](std::size_t parameter) {
    TensorCut cut = *cuts[parameter];
    cut.axes[0] = {};
    return cut_tensor(anchor->weights.tensors[cut.source], cut)[0].to(plan.anchor().tensors.front().options());
  };
  LinearHead head{rows_whole(*weight), {}, HeadSource::kMatchedRows, 0};
  const auto bias = target.find_parameter(facts.head_bias);
  head.bias = bias && cuts[*bias] ? rows_whole(*bias) : torch::zeros({head.weight.size(0)}, head.weight.options());
  return head;
}

// Which of the ancestor's rows stands for which class: the rows under which the examples are likeliest, no row twice.
// features [R, n, F]. Nothing when there are more classes than rows.
std::optional<LinearHead> matched_rows(const LinearHead& head, const torch::Tensor& features) {
  const auto classes = features.size(0), rows = head.weight.size(0);
  if (classes > rows) return std::nullopt;
  const auto likelihood = head_scores(head, features).log_softmax(-1).mean(1);  // [R, rows]
  const auto chosen = assign(to_vector(-likelihood), classes, rows);
  const auto index = torch::tensor(chosen, indices_like(features));
  return LinearHead{head.weight.index_select(0, index), head.bias.index_select(0, index), HeadSource::kMatchedRows, 0};
}

LinearHead discriminant(const torch::Tensor& features) {
  const auto found = linear_discriminant(features.unsqueeze(0));
  return {found.weight[0], found.bias[0], HeadSource::kDiscriminant, 0};
}

// A head on the ancestor's answers is one on the features: both are linear. More answers than features are as far apart
// as the features are in the metric of the rows, so that the features in that metric stand for them.
LinearHead of_answers(const LinearHead& ancestor, const torch::Tensor& features) {
  const auto rows = ancestor.weight.size(0);
  if (rows <= ancestor.weight.size(1)) {
    const LinearHead head = discriminant(head_scores(ancestor, features));
    return {head.weight.matmul(ancestor.weight), head.weight.matmul(ancestor.bias) + head.bias, HeadSource::kAnswers,
            0};
  }
  const auto [squares, directions] = torch::linalg_eigh(ancestor.weight.t().matmul(ancestor.weight));
  const auto metric = directions * squares.clamp_min(0).sqrt();  // [F, F]
  const auto found = linear_discriminant(features.matmul(metric).unsqueeze(0), rows);
  return {found.weight[0].matmul(metric.t()), found.bias[0], HeadSource::kAnswers, 0};
}

LinearHead mean_of(const LinearHead& a, const LinearHead& b, const torch::Tensor& features) {
  const auto size = [&](const LinearHead& head) { return head_scores(head, features).std(-1).mean().clamp_min(1e-6); };
  const auto of_a = 0.5 / size(a), of_b = 0.5 / size(b);
  return {a.weight * of_a + b.weight * of_b, a.bias * of_a + b.bias * of_b, HeadSource::kMixed, 0};
}

// How a head is fitted: from what, and whether jittered copies of the examples are counted as examples.
struct Recipe {
  HeadSource source;
  bool jittered;
};
// What comes later wins a tie: it took more from the ancestor, and less from few examples. Jitter does not help to find
// which rows are whose.
constexpr Recipe kRecipes[] = {{HeadSource::kDiscriminant, false}, {HeadSource::kDiscriminant, true},
                               {HeadSource::kMixed, false},        {HeadSource::kMixed, true},
                               {HeadSource::kAnswers, false},      {HeadSource::kAnswers, true},
                               {HeadSource::kMatchedRows, false}};

// `features` [K, R, n, F]. Nothing when such a head cannot be fitted.
std::optional<LinearHead> fit(const Recipe& recipe, const std::optional<LinearHead>& ancestor,
                              const torch::Tensor& features) {
  if (recipe.jittered && features.size(0) == 1) return std::nullopt;
  const auto seen = recipe.jittered ? features.transpose(0, 1).flatten(1, 2) : features[0];
  if (recipe.source == HeadSource::kDiscriminant) return discriminant(seen);
  if (!ancestor) return std::nullopt;
  if (recipe.source == HeadSource::kAnswers) return of_answers(*ancestor, seen);
  const auto rows = matched_rows(*ancestor, features[0]);
  if (!rows || recipe.source == HeadSource::kMatchedRows) return rows;
  return mean_of(*rows, discriminant(seen), seen);
}

// Nothing when such a head cannot be fitted. The copies of an image are in its fold.
std::optional<double> cross_validate(const Recipe& recipe, const std::optional<LinearHead>& ancestor,
                                     const torch::Tensor& features) {
  const auto shots = features.size(2), folds = std::min(kFolds, shots);
  double sum = 0;
  for (std::int64_t fold = 0; fold < folds; ++fold) {
    const auto first = fold * shots / folds, end = (fold + 1) * shots / folds;
    const auto rest = torch::cat({features.narrow(2, 0, first), features.narrow(2, end, shots - end)}, 2);
    const auto head = rest.size(2) > 0 ? fit(recipe, ancestor, rest) : std::nullopt;
    if (!head) return std::nullopt;
    sum += head_accuracy(*head, features[0].narrow(1, first, end - first));
  }
  return sum / static_cast<double>(folds);
}

LinearHead own_head(const NetworkPlan& plan, const Weights& weights) {
  const auto& facts = plan.executor().facts();
  const auto weight = weights.tensors[*plan.description().find_parameter(facts.head_weight)][0];
  const auto bias = plan.description().find_parameter(facts.head_bias);
  return {weight, bias ? weights.tensors[*bias][0] : torch::zeros({weight.size(0)}, weight.options()),
          HeadSource::kGenerated, 0};
}

LinearHead zero_head(const torch::Tensor& features) {
  return {torch::zeros({features.size(1), features.size(3)}, features.options()),
          torch::zeros({features.size(1)}, features.options()), HeadSource::kDiscriminant, 0};
}

}  // namespace

std::string head_source_name(HeadSource source) {
  switch (source) {
    case HeadSource::kGenerated:
      return "generated";
    case HeadSource::kMatchedRows:
      return "matched rows";
    case HeadSource::kAnswers:
      return "discriminant of the ancestor's answers";
    case HeadSource::kMixed:
      return "matched rows and discriminant";
    default:
      return "discriminant";
  }
}

torch::Tensor head_scores(const LinearHead& head, const torch::Tensor& features) {
  return features.matmul(head.weight.t()) + head.bias;
}

double head_accuracy(const LinearHead& head, const torch::Tensor& features) {
  const auto said = head_scores(head, features).argmax(-1);  // [R, n]
  const auto truth = torch::arange(features.size(0), said.options()).unsqueeze(1);
  return said.eq(truth).to(torch::kFloat64).mean().item<double>();
}

bool has_linear_head(const NetworkPlan& plan) {
  const GraphFacts& facts = plan.executor().facts();
  if (facts.head_node.empty() || facts.shapes.at(facts.head_input).size() != 1) return false;
  // A weight that the body reads as well cannot be written without changing the features that it is fitted to.
  const auto reads_head = [&](const auto& parameter) {
    return parameter.second == facts.head_weight || parameter.second == facts.head_bias;
  };
  return std::ranges::none_of(plan.description().nodes, [&](const NodeSpec& node) {
    return node.name != facts.head_node && std::ranges::any_of(node.parameters, reads_head);
  });
}

torch::Tensor with_copies(const NetworkPlan& plan, const torch::Tensor& examples, std::uint64_t seed) {
  const auto& facts = plan.executor().facts();
  const auto images = static_cast<double>(examples.size(0) * examples.size(1));
  const auto values =
      static_cast<double>(std::max(examples[0][0].numel(), element_count(facts.shapes.at(facts.head_input))));
  const auto most =
      std::min(kMostOperations / std::max<double>(1, static_cast<double>(facts.flops)), kMostHeadValues / values);
  const auto copies = std::min(kCopies, static_cast<std::int64_t>(most / images));
  auto draws = make_generator(seed);
  const auto own = examples.unsqueeze(0);
  if (copies == 0) return own;
  auto shape = examples.sizes().vec();
  shape.insert(shape.begin(), copies);
  return torch::cat({own, jittered(examples.flatten(0, 1), copies, draws).view(shape)});
}

torch::Tensor example_features(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples) {
  auto sizes = examples.sizes().slice(0, 3).vec();
  sizes.push_back(-1);
  return head_features(plan, weights, examples.flatten(0, 2)).view(sizes);
}

LinearHead fit_head(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& features) {
  const torch::NoGradGuard no_grad;
  // A body that overflows has no features to fit anything to.
  if (!features.isfinite().all().item<bool>()) return zero_head(features);
  const auto ancestor = ancestor_head(anchor, plan);
  // One example a class cannot be validated; the discriminant needs no more.
  LinearHead best = *fit(kRecipes[0], ancestor, features);
  best.expected_accuracy = -1;
  double of_rows = -1;
  for (const Recipe& recipe : kRecipes) {
    const double expected = cross_validate(recipe, ancestor, features).value_or(-1);
    if (recipe.source == HeadSource::kMatchedRows) of_rows = expected;
    if (expected < 0 || expected < best.expected_accuracy) continue;
    best = *fit(recipe, ancestor, features);
    best.expected_accuracy = expected;
  }
  best.expected_accuracy = std::max(best.expected_accuracy, 0.0);
  best.known_classes = 1 - of_rows + kSlack <= kKnownClasses * (1 - best.expected_accuracy + kSlack);
  return best;
}

bool others_help(const torch::Tensor& own, const torch::Tensor& more) {
  const auto classes = own.size(0), shots = own.size(1), folds = std::min(kFolds, shots);
  double alone = 0, together = 0;
  for (std::int64_t fold = 0; fold < folds; ++fold) {
    const auto first = fold * shots / folds, end = (fold + 1) * shots / folds;
    const auto unseen = own.narrow(1, first, end - first);
    const auto rest = torch::cat({own.narrow(1, 0, first), own.narrow(1, end, shots - end)}, 1);
    alone += rest.size(1) > 0 ? head_accuracy(discriminant(rest), unseen) : 1.0 / static_cast<double>(classes);
    together += head_accuracy(discriminant(torch::cat({rest, more}, 1)), unseen);
  }
  return shots > 1 ? together >= alone : together > alone;
}

LinearHead refit_head(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& features, Weights& weights) {
  const torch::NoGradGuard no_grad;
  LinearHead own = own_head(plan, weights);
  own.expected_accuracy = head_accuracy(own, features[0]);
  own.known_classes = true;
  LinearHead fitted = fit_head(anchor, plan, features);
  // One example a class tells nothing of a fitted head, and little of one that was generated from it.
  if (features.size(2) > 1 && own.expected_accuracy >= fitted.expected_accuracy) return own;
  write_head(plan, fitted, weights);
  return fitted;
}

void write_head(const NetworkPlan& plan, const LinearHead& head, Weights& weights) {
  const auto& facts = plan.executor().facts();
  const auto put = [&](const std::string& name, const torch::Tensor& value) {
    const auto p = plan.description().find_parameter(name);
    if (p) weights.tensors[*p] = value.view_as(weights.tensors[*p]).clone();
  };
  put(facts.head_weight, head.weight);
  put(facts.head_bias, head.bias);
}

}  // namespace weightloom
