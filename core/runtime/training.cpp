#include "weightloom/runtime/training.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/runtime/budget.hpp"
#include "weightloom/runtime/inheritance.hpp"
#include "weightloom/runtime/task.hpp"
#include "weightloom/training/adamw.hpp"
#include "weightloom/training/flat_parameters.hpp"
#include "weightloom/training/index_stream.hpp"
#include "weightloom/training/loop.hpp"
#include "weightloom/training/schedule.hpp"

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

void check_images(const std::vector<const LabelledImages*>& data) {
  for (const auto* split : data)
    if (split->labels.size(0) == 0)
      throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data", "it has no images");
}

// Members that are trained together take the same number of steps.
void check_sizes(const std::vector<const LabelledImages*>& data) {
  for (const auto* split : data)
    if (split->labels.size(0) != data[0]->labels.size(0))
      throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data",
                  "the data sets differ in size, and so would their epochs", "give steps, or train them one by one");
}

void check_data(const std::vector<const LabelledImages*>& data, std::int64_t population) {
  if (data.size() != 1 && static_cast<std::int64_t>(data.size()) != population)
    throw Error(ErrorCode::kUsage, "training.data", "cannot use the training data",
                std::to_string(data.size()) + " data sets for " + std::to_string(population) + " networks");
  check_images(data);
}

// images [P, B, ...] and labels [P, B] of every member's next batch, as a network with an input of `shape` takes them.
LabelledImages next_batch(const std::vector<const LabelledImages*>& data, std::span<IndexStream> streams,
                          std::int64_t batch, const Shape& shape) {
  std::vector<torch::Tensor> images, labels;
  for (std::size_t p = 0; p < streams.size(); ++p) {
    const auto& split = *data[data.size() == 1 ? 0 : p];
    const auto chosen = streams[p].next(batch).to(split.labels.device());
    images.push_back(fit_images(split.images.index_select(0, chosen), shape));
    labels.push_back(split.labels.index_select(0, chosen));
  }
  if (images.size() == 1) return {images[0].unsqueeze(0), labels[0].unsqueeze(0)};
  return {torch::stack(images), torch::stack(labels)};
}

std::vector<torch::Tensor> trainable(const NetworkDescription& description, const Weights& weights) {
  std::vector<torch::Tensor> out;
  for (std::size_t i = 0; i < weights.tensors.size(); ++i)
    if (description.parameters[i].trainable) out.push_back(weights.tensors[i].requires_grad_());
  return out;
}

// A network in training, and where its tensors stand among the weights that are trained.
struct Student {
  const Executor* executor;
  std::vector<TensorCut> cuts;
  std::vector<double> momenta;  // of the running statistics
};

Student only_student(const Executor& executor) {
  std::vector<TensorCut> cuts;
  for (std::size_t i = 0; i < executor.description().parameters.size(); ++i) cuts.push_back({i, {}});
  return {&executor, std::move(cuts), running_momenta(executor.description())};
}

Student sharing_student(const Executor& executor, const NetworkDescription& owner) {
  Student out{&executor, {}, running_momenta(executor.description())};
  const auto cuts = cut_network(executor.description(), owner);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    if (!cuts[i])
      throw Error(ErrorCode::kUsage, "training.shared",
                  "cannot share weights between '" + executor.description().label() + "' and '" + owner.label() + "'",
                  "'" + executor.description().parameters[i].name + "' has no counterpart");
    out.cuts.push_back(*cuts[i]);
  }
  return out;
}

// What several data sets are: one for each member of a population, or all those that one member is to serve.
enum class DataOf { kMembers, kSources };

// Whose turn it is in a step, and which of several data sources its images are from.
struct Turn {
  std::size_t student = 0, source = 0;
};
using Turns = std::vector<Turn>;  // of one step

// The turns of every step: of several networks the first, the largest or the smallest, and one at random (the sandwich
// rule of Yu & Huang 2019: what all sizes share is pulled to what both ends need; the first is the one that is asked
// for most). A batch has images of one source, drawn by size: those who use the weights have one source, and a network
// that normalises by batches must not count on another. Drawn beforehand, the turns are no state of the training.
std::vector<Turns> draw_turns(const std::vector<Student>& students, const std::vector<const LabelledImages*>& sources,
                              std::int64_t steps, std::uint64_t seed) {
  Random random(derive_seed(seed, "turns"));
  std::vector<std::size_t> source_of;  // of an image, by its place among all
  for (std::size_t i = 0; i < sources.size(); ++i)
    source_of.insert(source_of.end(), static_cast<std::size_t>(sources[i]->labels.size(0)), i);
  const auto source = [&] { return source_of[random.below(source_of.size())]; };
  std::vector<Turns> turns;
  if (students.size() == 1) {
    for (std::int64_t step = 0; step < steps; ++step) turns.push_back({{0, source()}});
    return turns;
  }
  const auto size = [](const Student& student) { return student.executor->facts().flops; };
  const auto [smallest, largest] = std::ranges::minmax_element(students, {}, size);
  const auto place = [&](auto student) { return static_cast<std::size_t>(student - students.begin()); };
  const std::size_t ends[] = {0, place(largest), 0, place(smallest)};
  for (std::int64_t step = 0; step < steps; ++step)
    turns.push_back({{ends[step % std::ssize(ends)], source()}, {random.below(students.size()), source()}});
  return turns;
}

// Hashing the images takes a while, and only a checkpoint needs it.
Checkpoint checkpoint_of(const std::vector<Student>& students, const Weights& start,
                         const std::vector<const LabelledImages*>& data, const TrainingOptions& options,
                         const std::vector<std::uint64_t>& seeds) {
  if (options.checkpoint.empty()) return {};
  Fingerprint print;
  for (const auto& student : students) print.add(student.executor->description().identity);
  for (const auto& tensor : start.tensors) print.add(tensor);
  for (const auto* split : data) print.add(split->images).add(split->labels);
  const Json settings{{"steps", options.steps},
                      {"epochs", options.epochs},
                      {"batch", options.batch},
                      {"learning_rate", options.learning_rate},
                      {"weight_decay", options.weight_decay},
                      {"warmup", options.warmup},
                      {"seeds", seeds}};
  return {options.checkpoint, print.add(settings.dump()).text()};
}

std::int64_t image_count(const std::vector<const LabelledImages*>& data, DataOf data_of) {
  std::int64_t count = 0;
  for (const auto* split : data) count += split->labels.size(0);
  return data_of == DataOf::kSources ? count : data[0]->labels.size(0);
}

// One training of a population, or of the weights that several networks share. `seeds`: one for each member.
class Trainer {
 public:
  Trainer(const std::vector<Student>& students, const Weights& start, const std::vector<const LabelledImages*>& data,
          DataOf data_of, const TrainingOptions& options, const std::vector<std::uint64_t>& seeds)
      : students_(students),
        data_(data),
        data_of_(data_of),
        options_(options),
        steps_(step_count(options, image_count(data, data_of))),
        turns_(data_of == DataOf::kMembers ? std::vector<Turns>(static_cast<std::size_t>(steps_), Turns{{}})
                                           : draw_turns(students, data, steps_, seeds[0])),
        weights_(start.detach().clone()),
        parameters_(trainable(students.back().executor->description(), weights_)),
        optimizer_(parameters_.values(), {options.weight_decay}) {
    for (std::size_t part = 0; part < turns_.front().size(); ++part) draws_.push_back(draws_of(part, seeds));
  }

  Weights run(const Checkpoint& checkpoint, const ProgressSink& progress) {
    auto state = this->state();
    // Networks side by side use cores better than one network's operations do.
    if (draws_.size() > 1) workers_ = std::make_unique<Workers>(draws_.size());
    // 200 events are enough for a bar; steps of small networks are shorter than a line takes to print.
    const auto report_every = std::max<std::int64_t>(1, steps_ / 200);
    run_steps(
        {"train", steps_, report_every, options_.checkpoint_every}, checkpoint, state,
        [&](std::int64_t step) { return this->step(step); }, progress);
    return weights_.detach().clone();
  }

 private:
  TrainingState state() {
    TrainingState out;
    optimizer_.keep_in(out, "optimizer.");
    const auto& parameters = students_.back().executor->description().parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (!parameters[i].trainable) out.keep("fixed." + parameters[i].name, weights_.tensors[i]);
    for (std::size_t part = 0; part < draws_.size(); ++part) {
      const auto name = [&](const char* what, std::size_t i) {
        return what + std::to_string(part) + "." + std::to_string(i);
      };
      for (std::size_t i = 0; i < draws_[part].batches.size(); ++i)
        draws_[part].batches[i].keep_in(out, name("batches.", i) + ".");
      for (std::size_t p = 0; p < draws_[part].dropout.size(); ++p)
        out.keep(name("dropout.", p), draws_[part].dropout[p]);
    }
    return out;
  }

  // What one part of the steps draws.
  struct Draws {
    std::vector<IndexStream> batches;       // for each member, or of each source
    std::vector<torch::Generator> dropout;  // for each member
  };

  Draws draws_of(std::size_t part, const std::vector<std::uint64_t>& seeds) const {
    const auto suffix = part == 0 ? std::string() : "." + std::to_string(part);
    Draws draws;
    for (const auto seed : seeds) draws.dropout.push_back(make_generator(derive_seed(seed, "dropout" + suffix)));
    if (data_of_ == DataOf::kMembers)
      for (std::size_t p = 0; p < seeds.size(); ++p)
        draws.batches.emplace_back(data_[data_.size() == 1 ? 0 : p]->labels.size(0),
                                   derive_seed(seeds[p], "batches" + suffix));
    else
      for (std::size_t i = 0; i < data_.size(); ++i)
        draws.batches.emplace_back(data_[i]->labels.size(0),
                                   derive_seed(seeds[0], "batches" + suffix + "/" + std::to_string(i)));
    return draws;
  }

  LabelledImages batch_of(const Turn& turn, Draws& draws) const {
    const Shape& shape = students_[turn.student].executor->description().input.shape;
    if (data_of_ == DataOf::kMembers) return next_batch(data_, draws.batches, options_.batch, shape);
    return next_batch({data_[turn.source]}, {&draws.batches[turn.source], 1}, options_.batch, shape);
  }

  // What one network's turn in a step says.
  struct Part {
    torch::Tensor gradient;  // flat
    BatchStatistics statistics;
    double loss = 0;
  };

  Part part(const Turn& turn, Draws& draws) const {
    const Student& student = students_[turn.student];
    Weights view;
    for (const auto& cut : student.cuts) view.tensors.push_back(cut_tensor(weights_.tensors[cut.source], cut));
    const auto batch = batch_of(turn, draws);
    Part out;
    const auto output = student.executor->forward(view, batch.images,
                                                  {ExecutionMode::Norm::kBatch, true, &draws.dropout}, &out.statistics);
    const auto loss = task_loss(task_of(student.executor->description()), output, batch.labels);
    out.gradient = parameters_.gradient(loss);
    out.loss = loss.item<double>();
    return out;
  }

  Json step(std::int64_t step) {
    const Turns& turns = turns_[static_cast<std::size_t>(step)];
    std::vector<Part> parts(turns.size());
    const auto run = [&](std::size_t i) { parts[i] = part(turns[i], draws_[i]); };
    if (workers_)
      workers_->run(turns.size(), run);
    else
      run(0);
    const torch::NoGradGuard no_grad;
    auto gradient = parts[0].gradient;
    for (std::size_t i = 1; i < parts.size(); ++i) gradient = gradient + parts[i].gradient;
    optimizer_.step(gradient / static_cast<double>(parts.size()),
                    linear_schedule(options_.learning_rate, options_.warmup, step, steps_));
    double loss = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Student& student = students_[turns[i].student];
      // Statistics of a cut are those of another network: whoever shares weights re-estimates them.
      for (const auto& [index, statistic] : parts[i].statistics)
        if (const auto& cut = student.cuts[index]; cut.whole())
          weights_.tensors[cut.source].lerp_(statistic, student.momenta[index]);
      loss += parts[i].loss;
    }
    return {{"loss", loss / static_cast<double>(weights_.population() * static_cast<std::int64_t>(parts.size()))}};
  }

  const std::vector<Student>& students_;  // the last one owns the weights
  const std::vector<const LabelledImages*>& data_;
  DataOf data_of_;
  const TrainingOptions& options_;
  std::int64_t steps_;
  std::vector<Turns> turns_;
  Weights weights_;
  FlatParameters parameters_;
  AdamW optimizer_;
  std::vector<Draws> draws_;  // of each part of a step
  std::unique_ptr<Workers> workers_;
};

Weights train_together(const std::vector<Student>& students, const Weights& start,
                       const std::vector<const LabelledImages*>& data, DataOf data_of, const TrainingOptions& options,
                       const std::vector<std::uint64_t>& seeds, const ProgressSink& progress) {
  return translate_torch_errors("train", [&] {
    return Trainer(students, start, data, data_of, options, seeds)
        .run(checkpoint_of(students, start, data, options, seeds), progress);
  });
}

Weights train_apart(const Executor& executor, const Weights& start, const std::vector<const LabelledImages*>& data,
                    const TrainingOptions& options, const std::vector<std::uint64_t>& seeds,
                    const ProgressSink& progress) {
  std::vector<Weights> trained(seeds.size());
  const auto data_of = [&](std::size_t p) { return data[data.size() == 1 ? 0 : p]; };
  std::uint64_t total = 0;
  for (std::size_t p = 0; p < seeds.size(); ++p)
    total += static_cast<std::uint64_t>(step_count(options, data_of(p)->labels.size(0)));
  std::vector<std::uint64_t> done(seeds.size(), 0);
  std::mutex mutex;
  run_workers(seeds.size(), 0, [&](std::size_t p) {
    const auto sum_up = [&](ProgressEvent event) {
      const std::lock_guard lock(mutex);
      done[p] = event.done;
      event.done = std::accumulate(done.begin(), done.end(), std::uint64_t{0});
      event.total = total;
      event.finished = event.done == event.total;
      progress(event);
    };
    auto own = options;
    if (!own.checkpoint.empty()) own.checkpoint += "." + std::to_string(p);
    trained[p] = train_together({only_student(executor)}, start.member(static_cast<std::int64_t>(p)), {data_of(p)},
                                DataOf::kMembers, own, {seeds[p]}, progress ? ProgressSink(sum_up) : ProgressSink());
  });
  return translate_torch_errors("train", [&] { return concatenate(trained); });
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
      const auto drawn = next_batch(data, streams, batch, executor.description().input.shape);
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

// Of a batch that statistics are taken from, and the values of all its activations, which do not live at once.
constexpr std::int64_t kFewestTogether = 16, kMostValues = std::int64_t{1} << 29;

// Images of all batches, and of one: a large network sees fewer.
struct CalibrationSize {
  std::int64_t batches, batch;
};
CalibrationSize within_budget(const Executor& executor, std::int64_t batches, std::int64_t batch) {
  const auto images = std::clamp<std::int64_t>(affordable_images(executor), 1, batches * batch);
  const auto values = std::max<std::int64_t>(1, executor.facts().activation_values);
  const auto together = std::min({batch, images, std::max(kFewestTogether, kMostValues / values)});
  return {images / together, together};
}

bool has_running_statistics(const NetworkDescription& description) {
  return std::ranges::any_of(description.nodes, [](const NodeSpec& node) { return node.parameter("running_mean"); });
}

}  // namespace

Weights train(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
              const TrainingOptions& options, const ProgressSink& progress) {
  const auto population = weights.population();
  check_data(data, population);
  for (const auto* split : data) expect_targets(executor, *split);
  const bool apart = population > 1 && executes_apart(executor.description());
  if (!apart && options.epochs > 0) check_sizes(data);
  auto seeds = options.member_seeds;
  for (std::int64_t p = 0; options.member_seeds.empty() && p < population; ++p)
    seeds.push_back(derive_seed(options.seed, std::to_string(p)));
  if (static_cast<std::int64_t>(seeds.size()) != population)
    throw Error(ErrorCode::kUsage, "training.options", "cannot train",
                "member_seeds must have one seed for each network");
  if (apart) return train_apart(executor, weights, data, options, seeds, progress);
  return train_together({only_student(executor)}, weights, data, DataOf::kMembers, options, seeds, progress);
}

Weights train_shared(const std::vector<const Executor*>& executors, Weights weights,
                     const std::vector<const LabelledImages*>& sources, const TrainingOptions& options,
                     const ProgressSink& progress) {
  check_images(sources);
  for (const auto* source : sources) expect_targets(*executors.back(), *source);
  std::vector<Student> students;
  for (const auto* executor : executors)
    students.push_back(sharing_student(*executor, executors.back()->description()));
  return train_together(students, weights, sources, DataOf::kSources, options, {options.seed}, progress);
}

Weights recalibrate(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
                    std::uint64_t seed, std::int64_t batches, std::int64_t batch) {
  const auto population = weights.population();
  check_data(data, population);
  if (!has_running_statistics(executor.description())) return weights;
  std::vector<std::uint64_t> seeds;
  for (std::size_t d = 0; d < data.size(); ++d) seeds.push_back(derive_seed(seed, "recalibrate/" + std::to_string(d)));
  const auto size = within_budget(executor, batches, batch);
  if (population == 1 || !executes_apart(executor.description()))
    return recalibrate_together(executor, std::move(weights), data, seeds, size.batches, size.batch);
  std::vector<Weights> members(static_cast<std::size_t>(population));
  run_workers(members.size(), 0, [&](std::size_t p) {
    const std::size_t d = data.size() == 1 ? 0 : p;
    members[p] = recalibrate_together(executor, weights.member(static_cast<std::int64_t>(p)), {data[d]}, {seeds[d]},
                                      size.batches, size.batch);
  });
  return translate_torch_errors("recalibrate", [&] { return concatenate(members); });
}

}  // namespace weightloom
