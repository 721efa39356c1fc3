#include "weightloom/runtime/training.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/training/optimizer.hpp"

namespace weightloom {
namespace {

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

void check_data(const std::vector<const LabelledImages*>& data, std::int64_t population) {
  if (data.size() != 1 && static_cast<std::int64_t>(data.size()) != population)
    throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data",
                std::to_string(data.size()) + " data sets for " + std::to_string(population) + " networks");
  for (const auto* split : data)
    if (split->labels.size(0) == 0)
      throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data", "it has no images");
}

// images [P, B, ...] and labels [P, B] of every member's next batch.
LabelledImages next_batch(const std::vector<const LabelledImages*>& data, std::vector<IndexStream>& streams,
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

// Cross-entropy summed over members, averaged over images: every member gets the gradient that it would get alone.
torch::Tensor population_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  const auto options = torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum);
  return torch::nn::functional::cross_entropy(logits.flatten(0, 1), labels.flatten(), options) /
         static_cast<double>(labels.size(1));
}

void report(const ProgressSink& progress, std::int64_t done, std::int64_t steps, const torch::Tensor& loss,
            std::int64_t population) {
  const auto every = std::max<std::int64_t>(1, steps / 200);
  if (!progress || (done != steps && done % every != 0)) return;
  progress({"train", static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(steps), "steps",
            Json{{"loss", loss.item<double>() / static_cast<double>(population)}}, done == steps});
}

std::vector<torch::Tensor*> trainable(const NetworkDescription& description, Weights& weights) {
  std::vector<torch::Tensor*> out;
  for (std::size_t i = 0; i < weights.tensors.size(); ++i)
    if (description.parameters[i].trainable) out.push_back(&weights.tensors[i]);
  return out;
}

// `seeds`: one for each member.
Weights train_together(const Executor& executor, const Weights& start, const std::vector<const LabelledImages*>& data,
                       const TrainingOptions& options, const std::vector<std::uint64_t>& seeds,
                       const ProgressSink& progress) {
  return translate_torch_errors("train", [&] {
    const auto population = start.population();
    const auto& description = executor.description();
    auto weights = start.detach().clone();
    const auto momenta = running_momenta(description);
    FlatLeaves leaves(trainable(description, weights));
    AdamW optimizer(leaves.flat, options.weight_decay);
    std::vector<IndexStream> streams;
    std::vector<torch::Generator> generators;
    for (std::size_t p = 0; p < seeds.size(); ++p) {
      streams.emplace_back(data[data.size() == 1 ? 0 : p]->labels.size(0), derive_seed(seeds[p], "batches"));
      generators.push_back(make_generator(derive_seed(seeds[p], "dropout")));
    }
    const auto steps = step_count(options, data[0]->labels.size(0));
    for (std::int64_t step = 0; step < steps; ++step) {
      throw_if_interrupted();
      const auto batch = next_batch(data, streams, options.batch);
      BatchStatistics statistics;
      const auto logits =
          executor.forward(weights, batch.images, {ExecutionMode::Norm::kBatch, true, &generators}, &statistics);
      const auto loss = population_loss(logits, batch.labels);
      const auto gradient = leaves.gradient(loss);
      const torch::NoGradGuard no_grad;
      optimizer.step(gradient, learning_rate(options, step, steps));
      for (const auto& [index, statistic] : statistics) weights.tensors[index].lerp_(statistic, momenta[index]);
      report(progress, step + 1, steps, loss, population);
    }
    return weights.detach().clone();
  });
}

Weights train_apart(const Executor& executor, const Weights& start, const std::vector<const LabelledImages*>& data,
                    const TrainingOptions& options, const std::vector<std::uint64_t>& seeds,
                    const ProgressSink& progress) {
  std::vector<Weights> trained(seeds.size());
  std::vector<std::uint64_t> done(seeds.size(), 0);
  std::mutex mutex;
  run_workers(seeds.size(), 0, [&](std::size_t p) {
    const auto sum_up = [&](ProgressEvent event) {
      const std::lock_guard lock(mutex);
      done[p] = event.done;
      event.done = std::accumulate(done.begin(), done.end(), std::uint64_t{0});
      event.total *= seeds.size();
      event.finished = event.done == event.total;
      progress(event);
    };
    trained[p] = train_together(executor, start.member(static_cast<std::int64_t>(p)), {data[data.size() == 1 ? 0 : p]},
                                options, {seeds[p]}, progress ? ProgressSink(sum_up) : ProgressSink());
  });
  return concatenate(trained);
}

// `seeds`: one for each of the data sets.
Weights recalibrate_together(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
                             const std::vector<std::uint64_t>& seeds, std::int64_t batches, std::int64_t batch) {
  return translate_torch_errors("recalibrate", [&] {
    const torch::NoGradGuard no_grad;
    std::vector<IndexStream> streams;
    for (std::size_t d = 0; d < data.size(); ++d) streams.emplace_back(data[d]->labels.size(0), seeds[d]);
    std::vector<torch::Tensor> sums(weights.tensors.size());
    for (std::int64_t i = 0; i < batches; ++i) {
      throw_if_interrupted();
      const auto drawn = next_batch(data, streams, batch);
      BatchStatistics statistics;
      executor.forward(weights, data.size() == 1 ? drawn.images[0] : drawn.images, {ExecutionMode::Norm::kBatch},
                       &statistics);
      for (const auto& [index, statistic] : statistics)
        sums[index] = sums[index].defined() ? sums[index] + statistic : statistic;
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (sums[i].defined()) weights.tensors[i] = sums[i] / static_cast<double>(batches);
    return weights;
  });
}

bool has_running_statistics(const NetworkDescription& description) {
  return std::ranges::any_of(description.nodes, [](const NodeSpec& node) { return node.parameter("running_mean"); });
}

}  // namespace

Weights train(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
              const TrainingOptions& options, const ProgressSink& progress) {
  const auto population = weights.population();
  check_data(data, population);
  auto seeds = options.member_seeds;
  for (std::int64_t p = 0; options.member_seeds.empty() && p < population; ++p)
    seeds.push_back(derive_seed(options.seed, std::to_string(p)));
  if (static_cast<std::int64_t>(seeds.size()) != population)
    throw Error(ErrorCode::kUsage, "training.options", "cannot train",
                "member_seeds must have one seed for each network");
  const bool apart = population > 1 && executes_apart(executor.description());
  return (apart ? train_apart : train_together)(executor, weights, data, options, seeds, progress);
}

Weights train_shared(const std::vector<const Executor*>& executors, Weights weights, const LabelledImages& data,
                     const TrainingOptions& options, const ProgressSink& progress) {
  const auto& owner = executors.back()->description();
  check_data({&data}, 1);
  std::vector<std::vector<std::size_t>> sources;  // of each network: the tensor of `weights` that stands in each place
  std::vector<std::vector<double>> momenta;
  for (const auto* executor : executors) {
    auto& places = sources.emplace_back();
    momenta.push_back(running_momenta(executor->description()));
    const auto matches = match_by_address(executor->description(), owner);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      if (!matches[i])
        throw Error(
            ErrorCode::kUsage, "training.shared",
            "cannot share weights between '" + executor->description().label() + "' and '" + owner.label() + "'",
            "'" + executor->description().parameters[i].name + "' has no counterpart of the same shape");
      places.push_back(*matches[i]);
    }
  }
  return translate_torch_errors("train", [&] {
    weights = weights.detach().clone();
    FlatLeaves leaves(trainable(owner, weights));
    AdamW optimizer(leaves.flat, options.weight_decay);
    std::vector<IndexStream> streams{{data.labels.size(0), derive_seed(options.seed, "batches")}};
    std::vector<torch::Generator> generators{make_generator(derive_seed(options.seed, "dropout"))};
    Random random(derive_seed(options.seed, "networks"));
    const auto steps = step_count(options, data.labels.size(0));
    for (std::int64_t step = 0; step < steps; ++step) {
      throw_if_interrupted();
      const auto chosen = random.below(executors.size());
      Weights view;
      for (auto source : sources[chosen]) view.tensors.push_back(weights.tensors[source]);
      const auto batch = next_batch({&data}, streams, options.batch);
      BatchStatistics statistics;
      const auto logits =
          executors[chosen]->forward(view, batch.images, {ExecutionMode::Norm::kBatch, true, &generators}, &statistics);
      const auto loss = population_loss(logits, batch.labels);
      const auto gradient = leaves.gradient(loss);
      const torch::NoGradGuard no_grad;
      optimizer.step(gradient, learning_rate(options, step, steps));
      for (const auto& [index, statistic] : statistics)
        weights.tensors[sources[chosen][index]].lerp_(statistic, momenta[chosen][index]);
      report(progress, step + 1, steps, loss, 1);
    }
    return weights.detach().clone();
  });
}

Weights recalibrate(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
                    std::uint64_t seed, std::int64_t batches, std::int64_t batch) {
  const auto population = weights.population();
  check_data(data, population);
  if (!has_running_statistics(executor.description())) return weights;
  std::vector<std::uint64_t> seeds;
  for (std::size_t d = 0; d < data.size(); ++d) seeds.push_back(derive_seed(seed, "recalibrate/" + std::to_string(d)));
  if (population == 1 || !executes_apart(executor.description()))
    return recalibrate_together(executor, std::move(weights), data, seeds, batches, batch);
  std::vector<Weights> members(static_cast<std::size_t>(population));
  run_workers(members.size(), 0, [&](std::size_t p) {
    const std::size_t d = data.size() == 1 ? 0 : p;
    members[p] = recalibrate_together(executor, weights.member(static_cast<std::int64_t>(p)), {data[d]}, {seeds[d]},
                                      batches, batch);
  });
  return concatenate(members);
}

}  // namespace weightloom
