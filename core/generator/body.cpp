#include "weightloom/generator/body.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/example_gradients.hpp"
#include "weightloom/runtime/jitter.hpp"

namespace weightloom {
namespace {

// Passes for all bodies: the more the better up to there. They nearly always help; that they do not must be clear, and
// whether they clearly do is looked at each few of them.
constexpr std::int64_t kPasses = 12, kPassesBetweenLooks = 4;
constexpr double kClearDifference = 0.02;
// Shares of the mean square of a score's gradient: of bodies and of heads.
constexpr double kBodyRidge = 0.2, kHeadRidge = 0.03;
// A pass looks at so many jittered copies for each example, and fits the true score and two rivals of each. All this
// was compared in docs/lab/0008.
constexpr double kCopiesPerPass = 1.5;
constexpr std::int64_t kMostOutputs = 3;
// Scores that are fitted: at most so many, for the products of so many gradients and the size of all of them.
constexpr std::int64_t kMostScores = 2048;
constexpr double kMostProducts = 1e11, kMostGradientValues = std::int64_t{1} << 26;
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

// What is looked at in one pass: so many images of each class, and so many outputs of each.
struct Extent {
  std::int64_t images, outputs;
};
// examples [R, n, C, H, W]
Extent extent_of(const NetworkPlan& plan, const torch::Tensor& examples) {
  const auto classes = examples.size(0), outputs = std::min(classes, kMostOutputs);
  double values = 1;
  for (const auto p : body_parameters(plan))
    values += static_cast<double>(element_count(plan.description().parameters[p].shape));
  const double scores =
      std::min({static_cast<double>(kMostScores), std::sqrt(kMostProducts / values), kMostGradientValues / values});
  // Forwards once, backwards for every output; a step backwards costs two.
  const auto& facts = plan.executor().facts();
  const double look = std::max(
      1.0, static_cast<double>(facts.flops) + kOperationsPerValue * static_cast<double>(facts.activation_values));
  const double images = std::min(scores / static_cast<double>(outputs),
                                 kMostPassOperations / (look * static_cast<double>(1 + 2 * outputs)));
  return {static_cast<std::int64_t>(
              std::min(kCopiesPerPass * static_cast<double>(examples.size(1)), images / static_cast<double>(classes))),
          outputs};
}

// Jittered copies of examples [R, n, C, H, W] as the network takes them: [R * count, C, H, W], class by class.
torch::Tensor fresh_copies(const NetworkPlan& plan, const torch::Tensor& examples, std::int64_t count,
                           torch::Generator& draws) {
  const auto classes = examples.size(0), shots = examples.size(1), copies = (count + shots - 1) / shots;
  auto sizes = examples.sizes().slice(2).vec();
  sizes.insert(sizes.begin(), {copies, classes, shots});
  const auto all = jittered(examples.flatten(0, 1), copies, draws).view(sizes).transpose(0, 1).flatten(1, 2);
  const auto chosen = torch::randperm(copies * shots, draws, indices_like(examples)).narrow(0, 0, count);
  return fit_images(all.index_select(1, chosen).flatten(0, 1), plan.description().input.shape);
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

// `gradients` times their transpose: what lies below the diagonal, and some of what does not.
torch::Tensor lower_products(const torch::Tensor& gradients) {
  constexpr std::int64_t kBlock = 384;
  const auto rows = gradients.size(0);
  auto out = torch::zeros({rows, rows}, gradients.options());
  for (std::int64_t first = 0; first < rows; first += kBlock) {
    const auto count = std::min(kBlock, rows - first), end = first + count;
    out.narrow(0, first, count)
        .narrow(1, 0, end)
        .copy_(gradients.narrow(0, first, count).matmul(gradients.narrow(0, 0, end).t()));
  }
  return out;
}

// Passes, one after the other. Each follows the copies that it saw, so that a running mean of what they gave is better
// than the last.
class Passes {
 public:
  // examples [R, n, C, H, W]
  Passes(const NetworkPlan& plan, const Weights& weights, torch::Tensor examples, std::uint64_t seed)
      : plan_(plan), last_(weights), mean_(weights), examples_(std::move(examples)), draws_(make_generator(seed)) {}

  void next() {
    last_ = fit_body(plan_, last_, examples_, draws_);
    // The mean forgets early passes, which were far from the end: it is over about half of them, and over seven.
    const double share = std::max(kLeastShare, 2.0 / static_cast<double>(++count_ + 1));
    for (const auto p : body_parameters(plan_))
      mean_.tensors[p] = torch::lerp(mean_.tensors[p], last_.tensors[p], share);
  }
  const Weights& weights() const { return mean_; }

 private:
  static constexpr double kLeastShare = 0.25;

  const NetworkPlan& plan_;
  Weights last_, mean_;
  torch::Tensor examples_;
  torch::Generator draws_;
  std::int64_t count_ = 0;
};

// One half of the examples for all there is, the other to judge by.
class Half {
 public:
  // seen, unseen [K, R, n, C, H, W]
  Half(const Anchor* anchor, const NetworkPlan& plan, const Weights& weights, torch::Tensor seen,
       const torch::Tensor& unseen, std::uint64_t seed)
      : anchor_(anchor),
        plan_(plan),
        passes_(plan, weights, seen[0], seed),
        seen_(std::move(seen)),
        unseen_(unseen.narrow(0, 0, 1)) {}

  void fit(std::int64_t passes) {
    for (std::int64_t pass = 0; pass < passes; ++pass) passes_.next();
  }
  double accuracy() const {
    const LinearHead head = fit_head(anchor_, plan_, example_features(plan_, passes_.weights(), seen_));
    return head_accuracy(head, example_features(plan_, passes_.weights(), unseen_)[0]);
  }

 private:
  const Anchor* anchor_;
  const NetworkPlan& plan_;
  Passes passes_;
  torch::Tensor seen_, unseen_;
};

// What passes are worth on the halves of the examples: accuracy after them, and before.
struct Gain {
  double accuracy, before;
};
Gain gain_of_passes(const Anchor* anchor, const NetworkPlan& plan, const Weights& weights,
                    const torch::Tensor& examples, std::uint64_t seed) {
  const auto shots = examples.size(2), half = shots / 2;
  const auto first = examples.narrow(2, 0, half), second = examples.narrow(2, half, shots - half);
  Half halves[] = {{anchor, plan, weights, first, second, seed}, {anchor, plan, weights, second, first, seed}};
  const auto accuracy = [&] { return (halves[0].accuracy() + halves[1].accuracy()) / 2; };
  Gain gain{0, accuracy()};
  for (std::int64_t pass = 0; pass < kPasses; pass += kPassesBetweenLooks) {
    for (Half& one : halves) one.fit(kPassesBetweenLooks);
    gain.accuracy = accuracy();
    if (gain.accuracy >= gain.before + kClearDifference) break;
  }
  return gain;
}

}  // namespace

bool can_fit_body(const NetworkPlan& plan, const torch::Tensor& examples) {
  return std::min(examples.size(1), extent_of(plan, examples).images) >= kFewestShots && examples.size(0) > 1 &&
         !body_parameters(plan).empty();
}

std::uint64_t body_fit_memory(std::int64_t weights) {
  // The gradients; their products, twice, since they are factorised.
  const auto most = static_cast<std::int64_t>(kMostGradientValues) / std::max<std::int64_t>(1, weights);
  const auto scores = std::min(kMostScores, most);
  return static_cast<std::uint64_t>(scores * (weights + 2 * scores)) * sizeof(float);
}

Weights fit_body(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples,
                 torch::Generator& draws) {
  const torch::NoGradGuard no_grad;
  const auto [count, outputs] = extent_of(plan, examples);
  const auto images = fresh_copies(plan, examples, count, draws);  // [E, C, H, W]
  const auto features = head_features(plan, weights, images);      // [E, F]
  if (!features.isfinite().all().item<bool>()) return weights;
  const auto targets = targets_of(examples.size(0), count, features.options());
  const LinearHead head = ridge_head(features, targets);
  Weights linearised = weights;
  write_head(plan, head, linearised);
  const auto scores = head_scores(head, features);  // [E, R]
  const auto chosen = strongest(scores, targets, outputs);
  const auto missing = (targets - scores).gather(1, chosen).flatten();

  const auto parameters = body_parameters(plan);
  const auto gradients = example_gradients(plan.executor(), linearised, parameters, images, chosen);
  auto products = lower_products(gradients);
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
                             std::int64_t passes, std::uint64_t seed, Weights& weights) {
  const torch::NoGradGuard no_grad;
  Passes fit(plan, weights, examples[0], seed);
  for (std::int64_t pass = 0; pass < passes; ++pass) fit.next();
  weights = fit.weights();
  const LinearHead head = fit_head(anchor, plan, example_features(plan, weights, examples));
  write_head(plan, head, weights);
  return head;
}

std::int64_t fit_body_where_better(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& examples,
                                   std::uint64_t seed, Weights& weights, LinearHead& head) {
  const torch::NoGradGuard no_grad;
  if (head.known_classes || !can_fit_body(plan, examples[0])) return 0;
  const Gain gain = gain_of_passes(anchor, plan, weights, examples, seed);
  if (gain.accuracy < gain.before - kClearDifference) return 0;
  head = fit_body_and_head(anchor, plan, examples, kPasses, seed, weights);
  head.expected_accuracy = gain.accuracy;
  return kPasses;
}

}  // namespace weightloom
