#include "weightloom/runtime/training.hpp"

#include <algorithm>
#include <cmath>

#include "torch_error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

// Goes through random orders of 0 .. count-1 without end.
class IndexStream {
 public:
  IndexStream(std::int64_t count, std::uint64_t seed) : count_(count), generator_(make_generator(seed)) {}

  torch::Tensor next(std::int64_t wanted) {
    std::vector<torch::Tensor> pieces;
    while (wanted > 0) {
      if (at_ == 0) order_ = torch::randperm(count_, generator_, torch::kInt64);
      const auto taken = std::min(wanted, count_ - at_);
      pieces.push_back(order_.narrow(0, at_, taken));
      at_ = (at_ + taken) % count_;
      wanted -= taken;
    }
    return pieces.size() == 1 ? pieces[0] : torch::cat(pieces);
  }

 private:
  std::int64_t count_, at_ = 0;
  torch::Generator generator_;
  torch::Tensor order_;
};

// AdamW over one flat buffer: a handful of operations whatever the number of tensors.
class AdamW {
 public:
  AdamW(torch::Tensor values, double weight_decay)
      : values_(std::move(values)),
        first_(torch::zeros_like(values_)),
        second_(torch::zeros_like(values_)),
        weight_decay_(weight_decay) {}

  void step(const torch::Tensor& gradient, double learning_rate) {
    constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
    ++steps_;
    first_.lerp_(gradient, 1 - kBeta1);
    second_.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const double correction1 = 1 - std::pow(kBeta1, steps_), correction2 = 1 - std::pow(kBeta2, steps_);
    if (weight_decay_ != 0) values_.mul_(1 - learning_rate * weight_decay_);
    values_.addcdiv_(first_, second_.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon), -learning_rate / correction1);
  }

 private:
  torch::Tensor values_, first_, second_;
  double weight_decay_;
  int steps_ = 0;
};

// The trainable tensors of a population as leaves that share one flat buffer.
struct FlatLeaves {
  torch::Tensor flat;
  std::vector<torch::Tensor> leaves;

  FlatLeaves(const NetworkDescription& description, Weights& weights) {
    std::vector<torch::Tensor> pieces;
    for (std::size_t i = 0; i < weights.tensors.size(); ++i)
      if (description.parameters[i].trainable) pieces.push_back(weights.tensors[i].detach().flatten());
    flat = torch::cat(pieces);
    std::int64_t at = 0;
    for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
      if (!description.parameters[i].trainable) continue;
      auto& tensor = weights.tensors[i];
      const auto count = tensor.numel();
      tensor = flat.narrow(0, at, count).view(tensor.sizes()).detach().requires_grad_();
      leaves.push_back(tensor);
      at += count;
    }
  }

  torch::Tensor gradient(const torch::Tensor& loss) const {
    auto gradients =
        torch::autograd::grad({loss}, leaves, {}, c10::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
    for (std::size_t i = 0; i < gradients.size(); ++i)
      gradients[i] = gradients[i].defined() ? gradients[i].reshape(-1) : torch::zeros({leaves[i].numel()});
    return torch::cat(gradients);
  }
};

// The running statistics of a description: parameter index -> momentum.
std::vector<double> running_momenta(const NetworkDescription& description) {
  std::vector<double> momenta(description.parameters.size(), 0.0);
  for (const auto& node : description.nodes)
    for (const char* slot : {"running_mean", "running_var"})
      if (const auto* name = node.parameter(slot))
        momenta[description.find_parameter(*name).value()] = node.attributes.at("momentum").get<double>();
  return momenta;
}

std::int64_t step_count(const TrainingOptions& options, std::int64_t images) {
  if ((options.steps > 0) == (options.epochs > 0) || options.batch < 1)
    throw Error(ErrorCode::kUsage, "training.options", "cannot train",
                "exactly one of steps and epochs must be positive, and the batch at least 1");
  if (options.steps > 0) return options.steps;
  return std::max<std::int64_t>(
      1, std::llround(options.epochs * static_cast<double>(images) / static_cast<double>(options.batch)));
}

// Linear warm-up, then linear decay to 0 after the last step.
double learning_rate(const TrainingOptions& options, std::int64_t step, std::int64_t steps) {
  const auto warm = static_cast<std::int64_t>(options.warmup * static_cast<double>(steps));
  if (step < warm) return options.learning_rate * static_cast<double>(step + 1) / static_cast<double>(warm);
  return options.learning_rate * static_cast<double>(steps - step) / static_cast<double>(steps - warm);
}

void check_data(const std::vector<const TensorSplit*>& data, std::int64_t population) {
  if (data.size() != 1 && static_cast<std::int64_t>(data.size()) != population)
    throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data",
                std::to_string(data.size()) + " data sets for " + std::to_string(population) + " networks");
  for (const auto* split : data)
    if (split->labels.size(0) == 0)
      throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data", "it has no images");
}

// images [P, B, ...] and labels [P, B] of every member's next batch.
TensorSplit next_batch(const std::vector<const TensorSplit*>& data, std::vector<IndexStream>& streams,
                       std::int64_t batch) {
  std::vector<torch::Tensor> images, labels;
  for (std::size_t p = 0; p < streams.size(); ++p) {
    const auto& split = *data[data.size() == 1 ? 0 : p];
    const auto chosen = streams[p].next(batch);
    images.push_back(split.images.index_select(0, chosen));
    labels.push_back(split.labels.index_select(0, chosen));
  }
  if (images.size() == 1) return {images[0].unsqueeze(0), labels[0].unsqueeze(0)};
  return {torch::stack(images), torch::stack(labels)};
}

}  // namespace

Weights train(const Executor& executor, Weights weights, const std::vector<const TensorSplit*>& data,
              const TrainingOptions& options, const ProgressSink& progress) {
  const auto population = weights.population();
  check_data(data, population);
  if (!options.member_seeds.empty() && static_cast<std::int64_t>(options.member_seeds.size()) != population)
    throw Error(ErrorCode::kUsage, "training.options", "cannot train",
                "member_seeds must have one seed for each network");
  return translate_torch_errors("train", [&] {
    const auto& description = executor.description();
    weights = weights.detach().clone();
    const auto momenta = running_momenta(description);
    FlatLeaves leaves(description, weights);
    AdamW optimizer(leaves.flat, options.weight_decay);
    std::vector<IndexStream> streams;
    std::vector<torch::Generator> generators;
    for (std::int64_t p = 0; p < population; ++p) {
      const auto place = static_cast<std::size_t>(p);
      const auto seed =
          options.member_seeds.empty() ? derive_seed(options.seed, std::to_string(p)) : options.member_seeds[place];
      streams.emplace_back(data[data.size() == 1 ? 0 : place]->labels.size(0), derive_seed(seed, "batches"));
      generators.push_back(make_generator(derive_seed(seed, "dropout")));
    }
    const auto steps = step_count(options, data[0]->labels.size(0));
    const auto report_every = std::max<std::int64_t>(1, steps / 200);
    for (std::int64_t step = 0; step < steps; ++step) {
      throw_if_interrupted();
      const auto batch = next_batch(data, streams, options.batch);
      BatchStatistics statistics;
      const auto logits =
          executor.forward(weights, batch.images, {ExecutionMode::Norm::kBatch, true, &generators}, &statistics);
      // Summed over members, averaged over images: every member gets the gradient that it would get alone.
      const auto loss = torch::nn::functional::cross_entropy(
                            logits.flatten(0, 1), batch.labels.flatten(),
                            torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum)) /
                        options.batch;
      const auto gradient = leaves.gradient(loss);
      const torch::NoGradGuard no_grad;
      optimizer.step(gradient, learning_rate(options, step, steps));
      for (const auto& [index, statistic] : statistics) weights.tensors[index].lerp_(statistic, momenta[index]);
      if (progress && (step + 1 == steps || (step + 1) % report_every == 0))
        progress({"train", static_cast<std::uint64_t>(step + 1), static_cast<std::uint64_t>(steps), "steps",
                  Json{{"loss", loss.item<double>() / static_cast<double>(population)}}, step + 1 == steps});
    }
    return weights.detach().clone();
  });
}

Weights recalibrate(const Executor& executor, Weights weights, const std::vector<const TensorSplit*>& data,
                    std::uint64_t seed, std::int64_t batches, std::int64_t batch) {
  const auto population = weights.population();
  check_data(data, population);
  return translate_torch_errors("recalibrate", [&] {
    const torch::NoGradGuard no_grad;
    std::vector<IndexStream> streams;
    for (std::size_t d = 0; d < data.size(); ++d)
      streams.emplace_back(data[d]->labels.size(0), derive_seed(seed, "recalibrate/" + std::to_string(d)));
    std::vector<torch::Tensor> sums(weights.tensors.size());
    for (std::int64_t i = 0; i < batches; ++i) {
      throw_if_interrupted();
      const auto drawn = next_batch(data, streams, batch);
      BatchStatistics statistics;
      executor.forward(weights, data.size() == 1 ? drawn.images[0] : drawn.images, {ExecutionMode::Norm::kBatch},
                       &statistics);
      if (statistics.empty()) return weights;
      for (const auto& [index, statistic] : statistics)
        sums[index] = sums[index].defined() ? sums[index] + statistic : statistic;
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (sums[i].defined()) weights.tensors[i] = sums[i] / static_cast<double>(batches);
    return weights;
  });
}

}  // namespace weightloom
