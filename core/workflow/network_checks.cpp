#include "weightloom/workflow/network_checks.hpp"

#include <fmt/format.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/network/init.hpp"
#include "weightloom/network/symmetry.hpp"
#include "weightloom/runtime/alignment.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/runtime/samples.hpp"
#include "weightloom/runtime/task.hpp"
#include "weightloom/runtime/weights.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {
namespace {

using Outcome = CheckResult::Outcome;

constexpr std::int64_t kBatch = 8;
constexpr std::int64_t kMostFlops = 2'000'000'000;  // of one sample
constexpr std::int64_t kMostFlopsOfMany = 100'000'000;
constexpr std::int64_t kMostValues = 50'000'000;
constexpr int kTrainingSteps = 10;
constexpr int kOpeningSteps = 3;              // a last layer and others behind one another that begin at 0
constexpr std::uint64_t kSymmetryOrders = 3;  // every second order of 3 units commutes with rolling them
constexpr double kMostSymmetryError = 1e-3;

void require(bool condition, const std::string& why) {
  if (!condition) throw CheckFailure{why};
}

// A network with fresh weights, and samples for it.
struct Specimen {
  Specimen(const NetworkDescription& description, std::uint64_t seed)
      : executor(expect_executable(description)),
        weights(initial_weights(description, 1, derive_seed(seed, "weights"))) {
    torch::manual_seed(derive_seed(seed, "moves"));
    auto generator = make_generator(derive_seed(seed, "samples"));
    samples = random_samples(description, kBatch, generator);
  }

  torch::Tensor output(ExecutionMode::Norm norm = ExecutionMode::Norm::kRunning) const {
    return executor.forward(weights, samples, {.norm = norm}).select(0, 0);
  }
  const std::vector<ParameterSpec>& parameters() const { return executor.description().parameters; }

  Executor executor;
  Weights weights;
  torch::Tensor samples;

 private:
  static const NetworkDescription& expect_executable(const NetworkDescription& description) {
    if (description.value_count() > kMostValues || analyse(description).flops > kMostFlops)
      throw CheckFailure{"the default network is too large to be executed here", Outcome::kSkipped};
    return description;
  }
};

double largest(const torch::Tensor& values) {
  return values.abs().max().item<double>();
}

void network_realises(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  std::int64_t values = 0;
  for (const auto& tensor : specimen.weights.tensors) values += tensor.numel();
  require(values == description.value_count(), "its weights are " + std::to_string(values) + " values, not the " +
                                                   std::to_string(description.value_count()) + " of its description");
  const auto output = specimen.output();
  require(output.dim() >= 2 && output.size(0) == kBatch, "its output has the shape " + to_string(output.sizes().vec()));
}

void init_respected(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  for (std::size_t i = 0; i < description.parameters.size(); ++i) {
    const auto& parameter = description.parameters[i];
    const auto values = specimen.weights.tensors[i].to(torch::kFloat64);
    const auto count = static_cast<double>(values.numel());
    const double deviation = initial_deviation(parameter), off = values.mean().item<double>() - initial_mean(parameter);
    require(std::isfinite(deviation) && std::abs(off) <= 6 * deviation / std::sqrt(count) + 1e-6,
            "'" + parameter.name + "' begins with the mean " + std::to_string(off) + " off its initialiser's");
  }
}

void forward_finite(const NetworkDescription& description, std::uint64_t seed) {
  require(torch::isfinite(Specimen(description, seed).output()).all().item<bool>(),
          "with fresh weights and normal samples it puts out infinities or NaNs");
}

void forward_deterministic(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  require(torch::equal(specimen.output(), specimen.output()), "two executions put out different bits");
}

void forward_batch_consistent(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  const auto together = specimen.output();
  std::vector<torch::Tensor> alone;
  for (std::int64_t i = 0; i < kBatch; ++i)
    alone.push_back(specimen.executor.forward(specimen.weights, specimen.samples.slice(0, i, i + 1)).select(0, 0));
  const double off = largest(together - torch::cat(alone)) / (largest(together) + 1e-12);
  require(off < 1e-4, "samples together and alone differ by " + std::to_string(off) + " of the largest output");
}

void forward_does_not_mutate(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  const auto before = specimen.weights.clone();
  const auto samples = specimen.samples.clone();
  specimen.output();
  require(torch::equal(samples, specimen.samples), "executing it changed its input");
  for (std::size_t i = 0; i < before.tensors.size(); ++i)
    require(torch::equal(before.tensors[i], specimen.weights.tensors[i]),
            "executing it changed '" + description.parameters[i].name + "'");
}

void wrong_input_refused(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  auto shape = specimen.samples.sizes().vec();
  shape.back() += 1;
  try {
    specimen.executor.forward(specimen.weights, torch::zeros(shape, specimen.samples.options()));
  } catch (const Error&) {
    return;
  }
  throw CheckFailure{"an input of the shape " + to_string(shape) + " is accepted"};
}

torch::Tensor loss_of(const NetworkDescription& description, const torch::Tensor& output, const torch::Tensor& target) {
  const auto& task = task_of(description);
  // What others go on from has no loss of its own; any will do to see whether it learns.
  return task_loss(task.trained() ? task : *find_task("regression"), output.unsqueeze(0), target.unsqueeze(0));
}

torch::Tensor target_for(const NetworkDescription& description, const torch::Tensor& output) {
  const auto& task = task_of(description);
  if (!task.classes) return torch::randn_like(output);
  auto places = output.sizes().vec();
  places.erase(places.begin() + 1 + static_cast<std::ptrdiff_t>(task.class_axis));
  return torch::randint(description.classes, places, indices_like(output));
}

// One leaf for each trainable parameter. What begins at 0 is moved off it, where gradients of others would vanish.
std::vector<torch::Tensor> make_trainable(Specimen& specimen, double moved) {
  std::vector<torch::Tensor> leaves;
  for (std::size_t i = 0; i < specimen.weights.tensors.size(); ++i) {
    if (!specimen.parameters()[i].trainable) continue;
    auto& tensor = specimen.weights.tensors[i];
    tensor = (tensor + moved * torch::randn_like(tensor)).detach().requires_grad_(true);
    leaves.push_back(tensor);
  }
  return leaves;
}

// One step on one batch, with the loss before it; `target` is drawn in the first.
double step(const NetworkDescription& description, Specimen& specimen, std::vector<torch::Tensor>& leaves,
            torch::Tensor& target, double rate) {
  const auto output = specimen.output(ExecutionMode::Norm::kBatch);
  if (!target.defined()) target = target_for(description, output.detach());
  const auto loss = loss_of(description, output, target);
  const auto gradients = torch::autograd::grad({loss}, leaves, {}, {}, false, true);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < leaves.size(); ++i)
    if (gradients[i].defined())
      leaves[i].sub_(rate * gradients[i] / (gradients[i].norm() + 1e-12) * (leaves[i].norm() + 0.1));
  return loss.item<double>();
}

bool follows_input(const Specimen& specimen) {
  const auto output = specimen.output();
  return largest(output - output.slice(0, 0, 1)) > 0;
}

void output_follows_input(const NetworkDescription& description, std::uint64_t seed) {
  Specimen moved(description, seed);
  make_trainable(moved, 0.05);  // heads and branches that begin at 0 let nothing through
  require(follows_input(moved), "every sample has the same output, whatever the weights");
  Specimen fresh(description, seed);
  auto leaves = make_trainable(fresh, 0);
  torch::Tensor target;
  for (int i = 0; i < kOpeningSteps && !follows_input(fresh); ++i) step(description, fresh, leaves, target, 0.02);
  if (!follows_input(fresh))
    throw CheckFailure{"with fresh weights every sample has the same output, also after " +
                           std::to_string(kOpeningSteps) + " steps of training: too much begins at 0",
                       Outcome::kWarning};
}

void gradients_reach_all(const NetworkDescription& description, std::uint64_t seed) {
  Specimen specimen(description, seed);
  const auto leaves = make_trainable(specimen, 0.02);
  const auto output = specimen.output(ExecutionMode::Norm::kBatch);
  const auto gradients = torch::autograd::grad({loss_of(description, output, target_for(description, output))}, leaves,
                                               {}, {}, false, /*allow_unused=*/true);
  std::size_t at = 0;
  std::string none;
  for (const auto& parameter : description.parameters) {
    if (!parameter.trainable) continue;
    const auto& gradient = gradients[at++];
    require(gradient.defined(), "no gradient reaches '" + parameter.name + "'");
    require(torch::isfinite(gradient).all().item<bool>(), "the gradient of '" + parameter.name + "' is not finite");
    if (none.empty() && parameter.role == Role::kWeight && largest(gradient) == 0) none = parameter.name;
  }
  if (!none.empty()) throw CheckFailure{"the gradient of '" + none + "' is 0", Outcome::kWarning};
}

bool declares_axes(const NodeSpec& node) {
  return node.op == "script" && !node.attributes.at("axes").get<std::string>().empty();
}

// The scripts without whose axes `group` would not be one, each in quotes.
std::string scripts_of(const NetworkDescription& description, const SymmetryGroup& group) {
  const auto& first = group.members.front();
  std::vector<std::string> found;
  for (std::size_t i = 0; i < description.nodes.size(); ++i) {
    if (!declares_axes(description.nodes[i])) continue;
    auto without = description;
    without.nodes[i].attributes["axes"] = "";
    const auto groups = symmetry_groups(without);
    const bool still = std::ranges::any_of(groups, [&](const auto& other) {
      return other.size == group.size && std::ranges::any_of(other.members, [&](const auto& member) {
               return member.parameter == first.parameter && member.axis == first.axis;
             });
    });
    if (!still) found.push_back("'" + description.nodes[i].name + "'");
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

// Which units cannot be reordered.
std::string broken_symmetry(const Executor& executor, std::uint64_t seed) {
  const auto& description = executor.description();
  const auto groups = symmetry_groups(description);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const double off = symmetry_error(executor, seed, g);
    if (!(off > kMostSymmetryError)) continue;
    const auto scripts = scripts_of(description, groups[g]);
    return fmt::format("the {} units of '{}' in another order change the outputs by {:.2g} of the largest{}",
                       groups[g].size, description.parameters[groups[g].members.front().parameter].name, off,
                       scripts.empty() ? "" : "; see the axes of " + scripts);
  }
  return "hidden units in another order change the outputs";
}

void symmetries_hold(const NetworkDescription& description, std::uint64_t seed) {
  const Specimen specimen(description, seed);
  for (std::uint64_t i = 0; i < kSymmetryOrders; ++i) {
    const auto orders = derive_seed(seed, "orders" + std::to_string(i));
    if (symmetry_error(specimen.executor, orders) > kMostSymmetryError)
      throw CheckFailure{broken_symmetry(specimen.executor, orders)};
  }
}

// What one of many configurations is asked, cheap ones alone.
void computes(const NetworkDescription& description, std::uint64_t seed) {
  if (analyse(description).flops > kMostFlopsOfMany)
    throw CheckFailure{"it is too large to be executed here", Outcome::kSkipped};
  network_realises(description, seed);
  forward_finite(description, seed);
  if (std::ranges::any_of(description.nodes, declares_axes)) symmetries_hold(description, seed);
  try {
    gradients_reach_all(description, seed);
  } catch (const CheckFailure& failure) {
    if (failure.outcome == Outcome::kFailed) throw;
  }
}

// The loss on one batch before and after some steps.
std::pair<double, double> trained(const NetworkDescription& description, std::uint64_t seed, double rate) {
  Specimen specimen(description, seed);
  auto leaves = make_trainable(specimen, 0);
  torch::Tensor target;
  const double first = step(description, specimen, leaves, target, rate);
  double last = 0;
  for (int i = 0; i < kTrainingSteps; ++i) last = step(description, specimen, leaves, target, rate);
  return {first, last};
}

void training_lowers_loss(const NetworkDescription& description, std::uint64_t seed) {
  std::string seen;
  for (const double rate : {0.02, 0.005, 0.001}) {
    const auto [first, last] = trained(description, seed, rate);
    if (std::isfinite(last) && last < first) return;
    seen = "from " + std::to_string(first) + " to " + std::to_string(last);
  }
  throw CheckFailure{"ten steps on one batch bring the loss " + seen};
}

torch::Tensor read_floats(const std::filesystem::path& path) {
  return to_float_tensor(read_npy(path));
}

// "[0, 3]" of the place `flat` in a tensor of that shape.
std::string place_of(std::int64_t flat, const torch::Tensor& in) {
  Shape place(static_cast<std::size_t>(in.dim()));
  for (auto axis = in.dim(); axis-- > 0; flat /= in.size(axis))
    place[static_cast<std::size_t>(axis)] = flat % in.size(axis);
  return to_string(place);
}

void match_reference(const NetworkDescription& description, const Reference& reference) {
  auto file = read_network(reference.weights);
  const auto dialect = file.record ? file.dialect : std::string();
  const auto fitted = fit_tensors(description, dialect, std::move(file.tensors));
  const auto samples = read_floats(reference.input), expected = read_floats(reference.output);
  const torch::NoGradGuard no_grad;
  const auto output = Executor(description).forward(to_weights(description, fitted.tensors), samples).select(0, 0);
  require(output.sizes() == expected.sizes(), "the output has the shape " + to_string(output.sizes().vec()) +
                                                  ", the reference's " + to_string(expected.sizes().vec()));
  const auto deviation = (output - expected).abs().flatten();
  const double largest_expected = largest(expected), off = deviation.max().item<double>() / (largest_expected + 1e-30);
  const auto worst = deviation.argmax().item<std::int64_t>();
  const auto told = "read by the dialect '" + fitted.dialect + "', the largest deviation is " +
                    fmt::format("{:.3g}", off) + " of the largest output, at " + place_of(worst, expected) + ": " +
                    fmt::format("{:.6g}, not {:.6g}", output.flatten()[worst].item<double>(),
                                expected.flatten()[worst].item<double>());
  // A NaN is no match either.
  throw CheckFailure{told, off <= reference.tolerance ? Outcome::kPassed : Outcome::kFailed};
}

}  // namespace

NetworkCheck reference_check(const Reference& reference) {
  return {
      "matches-reference",
      "execution",
      "foreign weights put out what the framework that they are of does",
      {},
      [reference](const NetworkDescription& description, std::uint64_t) { match_reference(description, reference); }};
}

std::vector<NetworkCheck> network_checks() {
  const auto executed = [](const char* name, const char* sentence, auto run) {
    return NetworkCheck{name, "execution", sentence, {"network-realises"}, run};
  };
  // What puts out NaNs fails at nothing else.
  const auto finite = [&](const char* name, const char* sentence, auto run) {
    auto check = executed(name, sentence, run);
    check.needs.emplace_back("forward-finite");
    return check;
  };
  auto others =
      finite("others-compute", "small networks of other options, presets and sizes compute, and can learn", computes);
  others.everywhere = true;
  for (const auto* need :
       {"symmetries-hold", "gradients-reach-all", "range-ends-describe", "choices-describe", "presets-describe"})
    others.needs.emplace_back(need);
  return {
      {"network-realises",
       "execution",
       "the default network is built, with as many values as it says",
       {},
       network_realises},
      executed("init-respected", "fresh weights are as their initialisers say", init_respected),
      executed("forward-finite", "finite samples have finite outputs", forward_finite),
      finite("forward-deterministic", "equal samples have equal outputs", forward_deterministic),
      finite("forward-batch-consistent", "samples in one batch have the outputs that they have alone",
             forward_batch_consistent),
      finite("forward-does-not-mutate", "executing it changes neither weights nor samples", forward_does_not_mutate),
      finite("output-follows-input", "different samples have different outputs", output_follows_input),
      executed("wrong-input-refused", "samples of another shape are refused", wrong_input_refused),
      finite("gradients-reach-all", "finite gradients reach every trainable parameter", gradients_reach_all),
      finite("symmetries-hold", "hidden units in another order put out the same, as axes of scripts say",
             symmetries_hold),
      finite("training-lowers-loss", "ten steps of training lower the loss", training_lowers_loss),
      others,
  };
}

}  // namespace weightloom
