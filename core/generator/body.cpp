#include "weightloom/generator/body.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/example_gradients.hpp"

namespace weightloom {
namespace {

// Passes go on for as long as one of the next two is better, at most so many times. A gain of less is noise.
constexpr std::int64_t kMostPasses = 6, kPatience = 2;
constexpr double kLeastGain = 0.01;
// Shares of the mean square of a score's gradient: of bodies and of heads.
constexpr double kBodyRidge = 0.25, kHeadRidge = 0.03;
// Scores that are fitted: at most so many, for the products of so many gradients and the size of all of them. All ten
// outputs instead of the true one and four rivals took twice as long for half a point.
constexpr std::int64_t kMostScores = 4096, kMostOutputs = 5;
constexpr double kMostProducts = 1.5e11, kMostGradientValues = std::int64_t{1} << 27;
// Of a pass: about a second. A value of an activation takes about as long as so many operations of a product.
constexpr double kMostPassOperations = 1.2e10, kOperationsPerValue = 20;
constexpr std::int64_t kFewestShots = 4;

// Tensors that a pass changes.
std::vector<std::size_t> body_parameters(const NetworkPlan& plan) {
  const auto& facts = plan.executor().facts();
  const auto& parameters = plan.description().parameters;
  std::vector<std::size_t> out;
  for (std::size_t p = 0; p < parameters.size(); ++p)
    if (parameters[p].trainable && parameters[p].name != facts.head_weight && parameters[p].name != facts.head_bias)
      out.push_back(p);
  return out;
}

// What is looked at in one pass: copies of so many examples of each class, and so many outputs of each.
struct Extent {
  std::int64_t copies, shots, outputs;
};
Extent extent_of(const NetworkPlan& plan, const torch::Tensor& examples) {
  const auto classes = examples.size(1), outputs = std::min(classes, kMostOutputs);
  double values = 1;
  for (const auto p : body_parameters(plan))
    values += static_cast<double>(element_count(plan.description().parameters[p].shape));
  const double scores =
      std::min({static_cast<double>(kMostScores), std::sqrt(kMostProducts / values), kMostGradientValues / values});
  // Forwards once, backwards for every output; a step backwards costs two.
  const auto& facts = plan.executor().facts();
  const double look = std::max(
      1.0, static_cast<double>(facts.flops) + kOperationsPerValue * static_cast<double>(facts.activation_values));
  const double images = kMostPassOperations / (look * static_cast<double>(1 + 2 * outputs));
  const auto shots = static_cast<std::int64_t>(
      std::min({static_cast<double>(examples.size(2)), scores / static_cast<double>(outputs * classes),
                images / static_cast<double>(classes)}));
  const auto copies =
      static_cast<std::int64_t>(images / static_cast<double>(classes * std::max<std::int64_t>(1, shots)));
  return {std::clamp<std::int64_t>(copies, 1, examples.size(0)), shots, outputs};
}

// Ridge regression of classes, one in R less the mean, on features [n, F]: scores of about the size of the targets.
LinearHead ridge_head(const torch::Tensor& features, const torch::Tensor& targets) {
  const auto mean = features.mean(0);
  const auto centred = features - mean;
  auto products = centred.t().matmul(centred) / static_cast<double>(features.size(0));
  const auto level = products.diagonal().mean().clamp_min(1e-6) * kHeadRidge;
  products = products + torch::eye(products.size(0), products.options()) * level;
  const auto weight =
      torch::linalg_solve(products, centred.t().matmul(targets) / static_cast<double>(features.size(0))).t();
  return {weight, -weight.matmul(mean), HeadSource::kDiscriminant, 0};
}

// [R * n, R]: what the scores of n examples a class ought to be.
torch::Tensor targets_of(std::int64_t classes, std::int64_t shots, const torch::TensorOptions& options) {
  return (torch::eye(classes, options) - 1.0 / static_cast<double>(classes)).repeat_interleave(shots, 0);
}

// The true class of each example and those that are likeliest beside it, [E, count].
torch::Tensor strongest(const torch::Tensor& scores, const torch::Tensor& targets, std::int64_t count) {
  constexpr double kFirst = 1e6;
  return std::get<1>((scores + targets.gt(0) * kFirst).topk(count, 1));
}

// [E, K, C, H, W] as the network takes them.
torch::Tensor shaped(const NetworkPlan& plan, const torch::Tensor& images) {
  const auto fitted = fit_images(images.flatten(0, 1), plan.description().input.shape);
  auto sizes = fitted.sizes().vec();
  sizes[0] = images.size(1);
  sizes.insert(sizes.begin(), images.size(0));
  return fitted.view(sizes);
}

// One half of the examples for all there is, the other to judge by.
class Half {
 public:
  Half(const Anchor* anchor, const NetworkPlan& plan, Weights weights, torch::Tensor seen, const torch::Tensor& unseen)
      : anchor_(anchor),
        plan_(plan),
        weights_(std::move(weights)),
        seen_(std::move(seen)),
        unseen_(unseen.narrow(0, 0, 1)) {}

  void fit() { weights_ = fit_body(plan_, weights_, seen_); }
  double accuracy() const {
    const LinearHead head = fit_head(anchor_, plan_, example_features(plan_, weights_, seen_));
    return head_accuracy(head, example_features(plan_, weights_, unseen_)[0]);
  }

 private:
  const Anchor* anchor_;
  const NetworkPlan& plan_;
  Weights weights_;
  torch::Tensor seen_, unseen_;
};

struct Validated {
  std::int64_t passes = 0;
  double accuracy = 0;
};
Validated validate(const Anchor* anchor, const NetworkPlan& plan, const Weights& weights,
                   const torch::Tensor& examples) {
  const auto shots = examples.size(2), half = shots / 2;
  const auto first = examples.narrow(2, 0, half), second = examples.narrow(2, half, shots - half);
  Half halves[] = {{anchor, plan, weights, first, second}, {anchor, plan, weights, second, first}};
  const auto accuracy = [&] { return (halves[0].accuracy() + halves[1].accuracy()) / 2; };
  Validated best{0, accuracy()};
  for (std::int64_t pass = 1; pass <= kMostPasses && pass <= best.passes + kPatience; ++pass) {
    for (Half& one : halves) one.fit();
    if (const double found = accuracy(); found >= best.accuracy + kLeastGain) best = {pass, found};
  }
  return best;
}

}  // namespace

bool can_fit_body(const NetworkPlan& plan, const torch::Tensor& examples) {
  return std::min(examples.size(2), extent_of(plan, examples).shots) >= kFewestShots && examples.size(1) > 1 &&
         !body_parameters(plan).empty();
}

Weights fit_body(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples) {
  const torch::NoGradGuard no_grad;
  const auto [copies, shots, outputs] = extent_of(plan, examples);
  const auto classes = examples.size(1);
  const auto some = examples.narrow(0, 0, copies).narrow(2, 0, shots);
  const auto features = example_features(plan, weights, some).flatten(1, 2);  // [K, E, F]
  if (!features.isfinite().all().item<bool>()) return weights;
  const auto targets = targets_of(classes, shots, features.options());
  const LinearHead head = ridge_head(features.flatten(0, 1), targets.repeat({copies, 1}));
  Weights linearised = weights;
  write_head(plan, head, linearised);
  const auto scores = head_scores(head, features.mean(0));  // [E, R]
  const auto chosen = strongest(scores, targets, outputs);
  const auto missing = (targets - scores).gather(1, chosen).flatten();
  const auto images = shaped(plan, some.flatten(1, 2).transpose(0, 1));  // [E, K, C, H, W]

  const auto parameters = body_parameters(plan);
  const auto gradients = example_gradients(plan.executor(), linearised, parameters, images, chosen);
  auto products = gradients.matmul(gradients.t());
  if (!products.isfinite().all().item<bool>()) return weights;
  const auto level = products.diagonal().mean().clamp_min(1e-12);
  products.div_(level).diagonal().add_(kBodyRidge);
  const auto dual = torch::cholesky_solve((missing / level).unsqueeze(1), torch::linalg_cholesky(products));
  const auto change = gradients.t().matmul(dual).squeeze(1);
  Weights out = weights;
  std::int64_t column = 0;
  for (const auto p : parameters) {
    auto& tensor = out.tensors[p];
    tensor = tensor + change.narrow(0, column, tensor.numel()).view_as(tensor);
    column += tensor.numel();
  }
  return out;
}

LinearHead fit_body_and_head(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& examples,
                             std::int64_t passes, Weights& weights) {
  const torch::NoGradGuard no_grad;
  for (std::int64_t pass = 0; pass < passes; ++pass) weights = fit_body(plan, weights, examples);
  const LinearHead head = fit_head(anchor, plan, example_features(plan, weights, examples));
  write_head(plan, head, weights);
  return head;
}

std::int64_t fit_body_where_better(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& examples,
                                   Weights& weights, LinearHead& head) {
  const torch::NoGradGuard no_grad;
  const bool known = head.source == HeadSource::kMatchedRows || head.source == HeadSource::kGenerated;
  if (known || !can_fit_body(plan, examples)) return 0;
  const Validated found = validate(anchor, plan, weights, examples);
  if (found.passes == 0) return 0;
  head = fit_body_and_head(anchor, plan, examples, found.passes, weights);
  head.expected_accuracy = found.accuracy;
  return found.passes;
}

}  // namespace weightloom
