#include "weightloom/generator/training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/generator/instruction.hpp"
#include "weightloom/training/adamw.hpp"
#include "weightloom/training/flat_parameters.hpp"
#include "weightloom/training/loop.hpp"
#include "weightloom/training/moving_average.hpp"
#include "weightloom/training/schedule.hpp"

namespace weightloom {
namespace {

// Their anchor features are computed once; more of them cost memory and hardly vary a condition of 32 shots.
constexpr std::int64_t kExampleImagesPerClass = 300;
// Averages over about 50 steps: short, since trainings have 10^3 steps, long enough to even out single batches.
constexpr double kAverageDecay = 0.98;
// Transformers' usual limit (Vaswani et al. 2017 and after): the first drafts decode to networks with huge losses.
constexpr double kGradientNorm = 1.0;
// Of all networks of a part: a large network is practised in smaller company, so that parts take about as long.
constexpr std::int64_t kSlotsOfPart = 1500;
// beta2 as for transformers (Vaswani et al. 2017, section 5.3): the mean square follows within 50 steps.
constexpr double kBeta1 = 0.9, kBeta2 = 0.98;
// Of the figures that progress shows: averages over about 20 steps.
constexpr double kSmoothing = 0.05;
constexpr const char* kMemoryHint = "use fewer networks, images or parts a step, or a smaller width";
constexpr ExecutionMode kBatchNorm{ExecutionMode::Norm::kBatch};

// What one description offers to learn from.
struct Course {
  std::shared_ptr<const NetworkPlan> plan;
  std::vector<DataSpec> tasks;
  torch::Tensor tokens;    // [P, L, Q], undefined for practice
  torch::Tensor quality;   // [P]
  torch::Tensor features;  // [images, F] of the example images
  double weight = 1;
  bool subsets = false;  // tasks are class subsets, whose order may be shuffled
};

double validation_accuracy(const ZooRecord& record) {
  const auto found = record.metrics.find("validation_accuracy");
  return found == record.metrics.end() ? 0 : found->second;
}

// Share of the records on the same source that are worse.
torch::Tensor qualities(const std::vector<ZooRecord>& records, const std::vector<DataSpec>& tasks,
                        const ComputeOptions& compute) {
  std::vector<float> out;
  for (std::size_t i = 0; i < records.size(); ++i) {
    double worse = 0, others = 0;
    for (std::size_t j = 0; j < records.size(); ++j) {
      if (i == j || tasks[i].source != tasks[j].source) continue;
      ++others;
      worse += validation_accuracy(records[j]) < validation_accuracy(records[i]);
    }
    out.push_back(others > 0 ? static_cast<float>(worse / others) : 1.0f);
  }
  return torch::tensor(out, compute.floats());
}

bool is_subset(const DataSpec& task, DataCache& data) {
  return static_cast<std::int64_t>(task.classes.size()) != data.get(task.source)->classes();
}

std::vector<Course> collect_courses(const std::vector<MemberGroup>& groups,
                                    const std::vector<PracticeNetwork>& practice, const Tokenizer& tokenizer,
                                    DataCache& data) {
  std::vector<Course> courses;
  for (const MemberGroup& group : groups) {
    Course course{group.plan};
    std::set<std::string> distinct;
    for (const ZooRecord& record : group.records) {
      course.tasks.push_back(task_of(data, record.dataset));
      distinct.insert(record.dataset);
    }
    course.tokens = group.tokens.defined() ? group.tokens : tokenizer.encode(*group.plan, group.weights);
    course.quality = qualities(group.records, course.tasks, tokenizer.compute());
    course.subsets = std::ranges::any_of(course.tasks, [&](const DataSpec& task) { return is_subset(task, data); });
    // A group of 240 tasks has more to teach than one of two data sets, but not 120 times as much.
    course.weight = std::clamp(std::sqrt(static_cast<double>(distinct.size())), 1.0, 4.0);
    courses.push_back(std::move(course));
  }
  for (const PracticeNetwork& network : practice) {
    if (network.data.empty())
      throw Error(ErrorCode::kUsage, "generator.practice", "there is nothing to practise on",
                  "'" + network.plan->description().label() + "' has no data sets");
    Course course{network.plan};
    course.weight = network.weight;
    for (const std::string& spec : network.data) course.tasks.push_back(task_of(data, spec));
    course.quality = torch::ones({static_cast<std::int64_t>(course.tasks.size())}, tokenizer.compute().floats());
    courses.push_back(std::move(course));
  }
  if (courses.empty())
    throw Error(ErrorCode::kUsage, "generator.no_members", "there is nothing to train the generator on",
                "the zoo holds no record with split 'train'", "grow some with `weightloom zoo grow`");
  return courses;
}

std::size_t draw_course(const std::vector<Course>& courses, Random& random) {
  double total = 0;
  for (const Course& course : courses) total += course.weight;
  double at = random.uniform() * total;
  for (std::size_t i = 0; i + 1 < courses.size(); ++i)
    if ((at -= courses[i].weight) < 0) return i;
  return courses.size() - 1;
}

// How far the imagined evidence is from the given one.
torch::Tensor imagination_error(const GeneratorModel::Prepared& prepared) {
  if (!prepared.imagined.defined()) return torch::zeros({}, prepared.prefix.options());
  const auto& given = prepared.evidence[prepared.head];
  const auto gap = given.defined() ? prepared.imagined - given : prepared.imagined;
  return (gap * gap).mean();
}

class Trainer {
 public:
  Trainer(const GeneratorLessons& lessons, DataCache& data, Generator generator, const GeneratorTraining& options)
      : options_(options),
        courses_(collect_courses(lessons.members, lessons.practice, generator.tokenizer(), data)),
        images_(data, sources()),
        examples_(data, sources(), kExampleImagesPerClass),
        thumbnails_(thumbnails(examples_.images())),
        generator_(std::move(generator)),
        parameters_(generator_.model()),
        optimizer_(parameters_.values(), {options.weight_decay, kBeta1, kBeta2}),
        average_(parameters_.values(), kAverageDecay),
        start_(parameters_.values().clone()) {
    for (Course& course : courses_) course.features = anchor_features(*course.plan, examples_.images());
  }

  Generator run(const ProgressSink& progress) {
    // Parts of a step have seeds of their own, so there are no generators to keep.
    TrainingState state;
    optimizer_.keep_in(state, "optimizer.");
    average_.keep_in(state, "average.");
    state.keep("accuracy", accuracy_);
    state.keep("codes", code_loss_);
    begin_ = std::chrono::steady_clock::now();
    run_steps(
        {"train generator", options_.steps, 1, options_.checkpoint_every}, checkpoint(), state,
        [&](std::int64_t step) { return this->step(step); }, progress);
    const torch::NoGradGuard no_grad;
    parameters_.values().copy_(average_.values());
    return std::move(generator_);
  }

 private:
  std::vector<std::string> sources() const {
    std::set<std::string> names;
    for (const Course& course : courses_)
      for (const DataSpec& task : course.tasks) names.insert(task.source);
    return {names.begin(), names.end()};
  }

  struct Batch {
    std::vector<DataSpec> tasks;
    torch::Tensor tokens;  // [B, L, Q] or undefined
    Condition condition;
  };

  Batch draw_batch(const Course& course, Random& random, torch::Generator& draws) {
    Batch batch;
    const auto population = course.tasks.size();
    // Half of the networks for class subsets get their classes in an order that no member has: the behaviour loss needs
    // no member, and what is learnt is to read the examples instead of recalling a network.
    const bool shuffled = course.subsets && random.uniform() < 0.5;
    const auto networks = std::clamp<std::int64_t>(kSlotsOfPart / course.plan->slots(), 1, options_.networks);
    std::vector<std::int64_t> members;
    for (std::int64_t i = 0; i < networks; ++i) {
      members.push_back(static_cast<std::int64_t>(random.below(population)));
      DataSpec task = course.tasks[static_cast<std::size_t>(members.back())];
      if (shuffled) {
        const auto order = random.permutation(static_cast<std::int64_t>(task.classes.size()));
        DataSpec other = task;
        for (std::size_t c = 0; c < order.size(); ++c)
          other.classes[c] = task.classes[static_cast<std::size_t>(order[c])];
        task = other;
      }
      batch.tasks.push_back(std::move(task));
    }
    const auto index = torch::tensor(members, indices_like(course.quality));
    if (course.tokens.defined() && !shuffled) batch.tokens = course.tokens.index_select(0, index);
    const auto rows = examples_.draw_rows(batch.tasks, options_.shots, draws);
    const auto gather = [&](const torch::Tensor& table) {
      return table.index_select(0, rows.flatten()).view({rows.size(0), rows.size(1), rows.size(2), table.size(1)});
    };
    batch.condition = example_condition(*course.plan, gather(thumbnails_), gather(course.features));
    batch.condition.quality = course.quality.index_select(0, index);
    // Words say which data set, never which of its classes in which order.
    if (!course.subsets) {
      std::vector<std::int64_t> words;
      for (const DataSpec& task : batch.tasks) {
        const auto ids = instruction_words(random_instruction(task.source, Phrasing::kTraining, random));
        words.insert(words.end(), ids.begin(), ids.end());
      }
      batch.condition.words = torch::tensor(words, indices_like(course.quality)).view({networks, -1});
    }
    return batch;
  }

  // What one part of a step says: its gradient and figures.
  struct Part {
    torch::Tensor gradient;  // flat
    double accuracy = 0, behaviour = 0;
    std::optional<double> codes;
    std::int64_t positions = 0;  // slots of all its networks
  };

  Json step(std::int64_t step) {
    std::vector<Part> parts(static_cast<std::size_t>(options_.parts));
    run_workers(parts.size(), 0, [&](std::size_t i) {
      parts[i] =
          part(step, derive_seed(options_.seed, "generator step " + std::to_string(step) + "." + std::to_string(i)));
    });
    apply(parts, plateau_schedule(options_.learning_rate, step, options_.steps));
    double accuracy = 0, behaviour = 0;
    for (const Part& part : parts) {
      accuracy += part.accuracy / static_cast<double>(parts.size());
      behaviour += part.behaviour / static_cast<double>(parts.size());
      if (part.codes) code_loss_ += kSmoothing * (*part.codes - code_loss_);
      positions_ += part.positions;
    }
    accuracy_ += (step == 0 ? 1.0 : kSmoothing) * (accuracy - accuracy_);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
    return {{"accuracy", accuracy_},
            {"behaviour", behaviour},
            {"codes", code_loss_},
            {"positions_per_second", static_cast<double>(positions_) / elapsed.count()}};
  }

  Part part(std::int64_t step, std::uint64_t seed) {
    Random random(seed);
    auto draws = make_generator(random.next());
    const Course& course = courses_[draw_course(courses_, random)];
    const NetworkPlan& plan = *course.plan;
    const Tokenizer& tokenizer = generator_.tokenizer();
    GeneratorModel& model = generator_.model();
    Batch batch = draw_batch(course, random, draws);
    torch::Tensor agreement;
    // Wherever there are words and images, words are taught to say what the images say. The images are the truth: no
    // gradient goes to them.
    if (batch.condition.words.defined()) {
      const auto both = model.prepare(plan, batch.condition);
      const auto gap = both.word_classes - both.image_classes.detach();
      agreement = (gap * gap).mean() + imagination_error(both);
      if (random.uniform() < options_.words_alone) {
        batch.condition.thumbnails = batch.condition.evidence_scale = torch::Tensor();
        batch.condition.evidence.clear();
      }
    }
    const auto prepared = model.prepare(plan, batch.condition);

    // Its own tokens only after a while: those of the first steps are noise. The sixth was not tuned.
    const bool own = step > options_.steps / 6 && random.uniform() < options_.own_samples;
    std::int64_t upto = 0;
    // In the other steps the whole network is written at once: that is how its first tensors are always written, and
    // the behaviour loss reaches all of them.
    if (own || (batch.tokens.defined() && random.uniform() < 0.4))
      upto = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(plan.tensors())));
    auto tokens = batch.tokens;
    if (own)
      tokens =
          model.sample_at_once(plan, prepared, {0.5 * static_cast<double>(random.below(3)), 0, 1.0, random.next()});
    else if (!tokens.defined())
      tokens = torch::zeros({batch.condition.batch, plan.slots(), tokenizer.config().codebooks},
                            tokenizer.compute().indices());
    const bool teacher = batch.tokens.defined() && !own;

    const auto hidden = model.hidden(plan, prepared, tokens, upto);
    // Half of the steps practise what sampling does, the others see every code. Expectations alone taught latents that
    // are far too long (docs/lab/0001): soft codes shrink towards the mean of the codebook. Temperatures 0, 0.5 and 1
    // are those that requests use.
    const auto draft = random.uniform() < 0.5
                           ? model.drawn(plan, prepared, hidden, 0.5 * static_cast<double>(random.below(3)), draws)
                           : model.expected(plan, prepared, hidden);
    const auto visible = plan.slot_tensor() < upto;
    const auto chunk_visible = visible.index_select(0, plan.chunk_slots()).view({1, -1, 1});
    const auto scale_visible = visible.index_select(0, plan.scale_slots()).view({1, -1});
    const auto decoded =
        tokenizer.assemble(plan, torch::where(chunk_visible, tokenizer.latents(plan, tokens), draft.latents),
                           torch::where(scale_visible, tokenizer.scales(plan, tokens), draft.scales));
    const LabelledImages images = images_.batch(batch.tasks, options_.images, draws);
    const auto logits = plan.executor().forward(decoded, images.images, kBatchNorm);
    const auto behaviour = torch::cross_entropy_loss(logits.flatten(0, 1), images.labels.flatten());

    Part out;
    out.positions = batch.condition.batch * plan.slots();
    out.behaviour = behaviour.item<double>();
    out.accuracy = (logits.argmax(-1) == images.labels).to(torch::kFloat32).mean().item<double>();
    auto loss = behaviour * options_.behaviour;
    if (teacher) {
      const auto all = model.config().order == GenerationOrder::kChunk;
      // The paper's order learns by teacher forcing: every token is read by the next slots.
      const auto state = all ? model.hidden(plan, prepared, tokens, plan.tensors()) : hidden;
      const auto code = model.code_loss(plan, prepared, state, tokens, all ? torch::ones_like(visible) : ~visible);
      loss = loss + code.cross_entropy * options_.codes + code.latent_error * options_.latents;
      out.codes = code.cross_entropy.item<double>();
    }
    if (agreement.defined()) loss = loss + agreement;
    out.gradient = parameters_.gradient(loss);
    return out;
  }

  // One step along the mean of the parts' gradients.
  void apply(const std::vector<Part>& parts, double learning_rate) {
    const torch::NoGradGuard no_grad;
    auto sum = torch::zeros_like(parameters_.values());
    for (const Part& part : parts) sum += part.gradient;
    optimizer_.step(clip_norm(sum / static_cast<double>(parts.size()), kGradientNorm), learning_rate);
    average_.update(parameters_.values());
  }

  Checkpoint checkpoint() const {
    if (options_.checkpoint.empty()) return {};
    Fingerprint print;
    print.add(start_)
        .add(generator_.tokenizer().id())
        .add(to_json(options_).dump())
        .add(examples_.images())
        .add(images_.images());
    for (const Course& course : courses_) {
      print.add(course.plan->description().identity).add(course.quality);
      for (const DataSpec& task : course.tasks) print.add(task.text());
      if (course.tokens.defined()) print.add(course.tokens);
    }
    return {options_.checkpoint, print.text()};
  }

  GeneratorTraining options_;
  std::vector<Course> courses_;
  TaskImages images_, examples_;
  torch::Tensor thumbnails_;
  Generator generator_;
  FlatParameters parameters_;
  AdamW optimizer_;
  MovingAverage average_;
  torch::Tensor start_;  // parameters before the first step
  double accuracy_ = 0, code_loss_ = 0;
  std::int64_t positions_ = 0;  // of this run, as begin_
  std::chrono::steady_clock::time_point begin_;
};

Practice::Tasks read_tasks(const Json& table, const std::string& where) {
  ConfigReader read(table, where);
  Practice::Tasks tasks;
  const Json classes = read.value("classes", Json::array({tasks.least, tasks.most}));
  const auto is_count = [](const Json& value) { return value.is_number_integer() && value >= 2; };
  if (!classes.is_array() || classes.size() != 2 || !std::ranges::all_of(classes, is_count) || classes[0] > classes[1])
    throw Error(ErrorCode::kUsage, "config.value", where + ": key 'classes'", "expected [least, most], at least 2",
                "for example classes = [2, 20]");
  tasks.least = classes[0].get<std::int64_t>();
  tasks.most = classes[1].get<std::int64_t>();
  tasks.count = read.integer("count", tasks.count, 1, 100'000);
  read.finish();
  return tasks;
}

}  // namespace

GeneratorTraining parse_generator_training(const Json& table, const std::string& where) {
  ConfigReader read(table, where);
  GeneratorTraining out;
  out.config = read_generator_config(read);
  out.steps = read.integer("steps", out.steps, 1, 100000000);
  out.parts = read.integer("parts", out.parts, 1, 4096);
  out.networks = read.integer("networks", out.networks, 1, 4096);
  out.images = read.integer("images", out.images, 1, 65536);
  out.shots = read.integer("shots", out.shots, 2, 65536);
  out.learning_rate = read.number("learning_rate", out.learning_rate, 0, 10);
  out.weight_decay = read.number("weight_decay", out.weight_decay, 0, 10);
  out.behaviour = read.number("behaviour", out.behaviour, 0, 1000);
  out.codes = read.number("codes", out.codes, 0, 1000);
  out.latents = read.number("latents", out.latents, 0, 1000);
  out.words_alone = read.number("words_alone", out.words_alone, 0, 1);
  out.own_samples = read.number("own_samples", out.own_samples, 0, 1);
  out.seed = static_cast<std::uint64_t>(read.integer("seed", 0, 0, INT64_MAX));
  for (const Json& entry : read.value("practice", Json::array())) {
    ConfigReader item(entry, where + ".practice");
    Practice practice;
    practice.architecture = item.required_text("architecture");
    practice.config = item.value("config", Json::object());
    practice.ranges = ConfigRanges(item.value("ranges", Json::object()), where + ".practice: ranges");
    practice.count = item.integer("count", 1, 1, 10000);
    if (practice.ranges.empty() && practice.count != 1)
      throw Error(ErrorCode::kUsage, "config.value", where + ".practice: key 'count'",
                  "without ranges there is one network", "add ranges, or leave count out");
    practice.family = item.text("family", "");
    practice.data = item.texts("data");
    if (item.has("tasks")) practice.tasks = read_tasks(item.value("tasks"), where + ".practice: tasks");
    item.finish();
    out.practice.push_back(std::move(practice));
  }
  read.finish();
  return out;
}

Json to_json(const GeneratorTraining& options) {
  Json practice = Json::array();
  for (const Practice& entry : options.practice) {
    Json& item = practice.emplace_back(Json{{"architecture", entry.architecture},
                                            {"config", entry.config},
                                            {"ranges", entry.ranges.json()},
                                            {"count", entry.count},
                                            {"family", entry.family},
                                            {"data", entry.data}});
    if (entry.tasks)
      item["tasks"] = {{"classes", {entry.tasks->least, entry.tasks->most}}, {"count", entry.tasks->count}};
  }
  Json out = to_json(options.config);
  out.update({{"steps", options.steps},
              {"parts", options.parts},
              {"networks", options.networks},
              {"images", options.images},
              {"shots", options.shots},
              {"learning_rate", options.learning_rate},
              {"weight_decay", options.weight_decay},
              {"behaviour", options.behaviour},
              {"codes", options.codes},
              {"latents", options.latents},
              {"words_alone", options.words_alone},
              {"own_samples", options.own_samples},
              {"seed", options.seed},
              {"practice", practice}});
  return out;
}

Generator train_generator(const GeneratorLessons& lessons, DataCache& data, std::shared_ptr<const Tokenizer> tokenizer,
                          const GeneratorTraining& options, const ProgressSink& progress) {
  return translate_torch_errors(
      "train a generator",
      [&] {
        Generator fresh(options.config, std::move(tokenizer), options.seed);
        return Trainer(lessons, data, std::move(fresh), options).run(progress);
      },
      kMemoryHint);
}

Generator train_generator(const GeneratorLessons& lessons, DataCache& data, const Generator& start,
                          const GeneratorTraining& options, const ProgressSink& progress) {
  return translate_torch_errors(
      "train a generator",
      [&] { return Trainer(lessons, data, start.with_tokenizer(start.shared_tokenizer()), options).run(progress); },
      kMemoryHint);
}

}  // namespace weightloom
