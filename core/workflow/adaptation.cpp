#include "weightloom/workflow/adaptation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/data/grouping.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/workflow/elastic_anchor.hpp"
#include "weightloom/workflow/practice.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kNewNetworks = 16, kOldNetworks = 6;  // to practise on, of the new family and of each old one
constexpr double kRehearsedShare = 0.5;                      // of the steps
constexpr std::int64_t kAnchorBatch = 64;
// Of the learning rate that a generator is trained with: what it has learnt is to stay.
constexpr double kContinuationRate = 0.3;
// The anchor's share of two minutes on two cores, from measured steps of small networks: operations that a second of
// one core brings, and seconds that each node of a network costs however small it is.
constexpr double kSeconds = 60, kOperationsPerSecond = 1e10, kNodeSeconds = 1.5e-4;
constexpr std::int64_t kComparisonImages = 2000;
constexpr std::int64_t kLeastSteps = 200, kMostSteps = 10'000;

std::string without_classes(const std::string& text) {
  DataSpec spec = DataSpec::parse(text);
  spec.source = ungrouped(spec.source);
  spec.classes.clear();
  return spec.text();
}

std::vector<std::string> sources_of(const Generator& generator, const AdaptationJob& job) {
  std::vector<std::string> sources;
  for (const auto& text : job.data) sources.push_back(without_classes(text));
  const Json known = generator.training().is_object() ? generator.training().value("sources", Json()) : Json();
  if (sources.empty() && known.is_array())
    for (const Json& source : known)
      if (source.is_string()) sources.push_back(source.get<std::string>());
  if (sources.empty())
    throw Error(ErrorCode::kUsage, "adapt.data", "there is nothing to learn '" + job.architecture + "' from",
                "the generator's file does not say what it was trained on", "name data sets with --data");
  return sources;
}

// A step waits for the dearer of its two networks, which mostly is about the largest.
std::int64_t affordable_steps(const Executor& largest) {
  // Forwards and twice as much backwards.
  const double seconds = 3 * (static_cast<double>(largest.facts().flops * kAnchorBatch) / kOperationsPerSecond +
                              static_cast<double>(largest.description().nodes.size()) * kNodeSeconds);
  return std::clamp(static_cast<std::int64_t>(kSeconds / seconds), kLeastSteps, kMostSteps);
}

// Networks that normalise do not mind how large their weights get, and bear larger steps (docs/lab/0009).
double anchor_learning_rate(const NetworkDescription& network) {
  const auto has = [&](const char* op) {
    return std::ranges::any_of(network.nodes, [&](const NodeSpec& node) { return node.op == op; });
  };
  if (has("batch_norm")) return 2e-2;
  return has("layer_norm") || has("group_norm") ? 1e-2 : 5e-3;
}

Json with_form(Json config, const Tokenizer& tokenizer, std::int64_t classes) {
  config["channels"] = tokenizer.reference_images().size(1);
  config["size"] = tokenizer.reference_images().size(2);
  config["classes"] = classes;
  return config;
}

class Adapter {
 public:
  Adapter(const Generator& generator, const PluginRegistry& registry, const AdaptationJob& job,
          const ProgressSink& progress)
      : before_(generator),
        registry_(registry),
        job_(job),
        progress_(progress),
        sources_(sources_of(generator, job)),
        data_({generator.tokenizer().reference_images().size(1), generator.tokenizer().reference_images().size(2)}) {}

  Adaptation run() {
    const ConfigRanges ranges = job_.ranges.empty() ? default_ranges() : job_.ranges;
    auto tokenizer = std::make_shared<const Tokenizer>(before_.tokenizer().with_anchor(grow_anchor(ranges)));
    Generator after = before_.with_tokenizer(tokenizer);
    if (job_.steps > 0) after = continue_training(after, ranges);
    after.remember(with_new_exemplars());
    auto rows = compare(after);
    return {std::move(after), provenance(ranges), ranges, anchor_steps_, std::move(rows)};
  }

 private:
  ConfigRanges default_ranges() const {
    std::set<std::string> fixed{"channels", "size", "classes"};
    for (const auto& [key, value] : job_.config.items()) fixed.insert(key);
    return elastic_ranges(registry_, job_.architecture, with_form(job_.config, before_.tokenizer(), 10), fixed);
  }

  // The short name, unless a family of another architecture has it.
  std::string family_name(const PluginIdentity& plugin) const {
    const auto& anchors = before_.tokenizer().anchors();
    return std::ranges::any_of(anchors,
                               [&](const Anchor& anchor) {
                                 return anchor.family == plugin.name && anchor.description.architecture != plugin.id;
                               })
               ? plugin.id
               : plugin.name;
  }

  Anchor grow_anchor(const ConfigRanges& ranges) {
    std::vector<TensorData> parts;
    std::int64_t classes = 0;
    for (const auto& source : sources_) {
      parts.push_back(*data_.get(source));
      classes += parts.back().classes();
    }
    const auto networks =
        anchor_networks(registry_, job_.architecture, with_form(job_.config, before_.tokenizer(), classes), ranges,
                        derive_seed(job_.seed, "ranges"));
    const auto& largest = networks.back().description();
    family_ = family_name(registry_.find(job_.architecture));
    anchor_steps_ = job_.anchor_steps > 0 ? job_.anchor_steps : affordable_steps(networks.back());
    TrainingOptions options;
    options.steps = anchor_steps_;
    options.batch = kAnchorBatch;
    options.learning_rate = anchor_learning_rate(largest);
    options.weight_decay = 1e-4;
    options.warmup = 0.03;
    options.seed = derive_seed(job_.seed, "anchor");
    if (!job_.checkpoint.empty()) options.checkpoint = job_.checkpoint.string() + ".anchor";
    const auto sink = [&](ProgressEvent event) {
      event.task = "adapt: anchor of " + family_;
      if (progress_) progress_(event);
    };
    const auto numbered = number_classes_on(std::move(parts));
    auto weights = train_anchor(networks, training_images(numbered), options, sink);
    return {family_, largest, std::move(weights), false, job_.config, ranges.json()};
  }

  Practice practice(const std::string& architecture, const std::string& family, const Json& config, const Json& ranges,
                    std::int64_t count) {
    Practice out;
    out.architecture = architecture;
    out.family = family;
    out.config = config;
    out.ranges = ConfigRanges(ranges, "ranges");
    out.count = out.ranges.empty() ? 1 : count;
    out.data = sources_;
    // More classes than it can write heads for are practised in parts.
    const auto is_too_many = [&](const std::string& source) {
      return data_.get(source)->classes() > before_.model().config().most_classes;
    };
    if (std::ranges::any_of(sources_, is_too_many)) out.tasks.emplace();
    return out;
  }

  bool is_registered(const std::string& architecture) const {
    return std::ranges::any_of(registry_.plugins(), [&](const auto& plugin) { return plugin.id == architecture; });
  }

  // The families that the generator has, to go on practising.
  std::vector<Practice> rehearsal(const Tokenizer& tokenizer) {
    std::vector<Practice> out;
    for (const Anchor& anchor : tokenizer.anchors())
      if (anchor.family != family_ && !anchor.independent && is_registered(anchor.description.architecture))
        out.push_back(practice(anchor.description.architecture, anchor.family,
                               anchor.ranges.empty() ? anchor.description.config : anchor.config, anchor.ranges,
                               kOldNetworks));
    // A network of its own configuration has the classes of its data, not those of the anchor.
    for (auto& entry : out) entry.config.erase("classes");
    return out;
  }

  Generator continue_training(const Generator& generator, const ConfigRanges& ranges) {
    const Tokenizer& tokenizer = generator.tokenizer();
    GeneratorTraining options;
    options.steps = job_.steps;
    options.networks = 6;
    options.learning_rate *= kContinuationRate;
    options.seed = derive_seed(job_.seed, "continuation");
    if (!job_.checkpoint.empty()) options.checkpoint = job_.checkpoint.string() + ".generator";
    GeneratorLessons lessons;
    lessons.practice =
        practice_networks({practice(job_.architecture, family_, job_.config, ranges.json(), kNewNetworks)},
                          options.seed, registry_, tokenizer);
    auto rehearsed = practice_networks(rehearsal(tokenizer), options.seed, registry_, tokenizer);
    const auto spread = [](std::vector<PracticeNetwork>& networks, double total) {
      for (auto& network : networks) network.weight = total / static_cast<double>(networks.size());
    };
    spread(lessons.practice, 1 - kRehearsedShare);
    spread(rehearsed, kRehearsedShare);
    lessons.practice.insert(lessons.practice.end(), rehearsed.begin(), rehearsed.end());
    const auto sink = [&](ProgressEvent event) {
      event.task = "adapt: generator";
      if (progress_) progress_(event);
    };
    return train_generator(lessons, data_, generator, options, sink);
  }

  // What the generator remembers, and data sets that it saw now for the first time.
  std::vector<Exemplars> with_new_exemplars() {
    auto exemplars = before_.exemplars();
    std::vector<std::string> fresh;
    for (const auto& source : sources_)
      if (std::ranges::none_of(exemplars,
                               [&](const Exemplars& of) { return of.card.name == DataSpec::parse(source).source; }))
        fresh.push_back(source);
    auto drawn = draw_exemplars(data_, fresh, job_.seed);
    std::ranges::move(drawn, std::back_inserter(exemplars));
    return exemplars;
  }

  // On validation images, so that test images stay untouched. NaN where a generator has no such family.
  double accuracy(const Generator& generator, const std::string& family, const NetworkDescription& description,
                  const std::string& source) {
    if (!generator.tokenizer().find_anchor(description.architecture, family))
      return std::numeric_limits<double>::quiet_NaN();
    Request request;
    request.data = source;
    request.family = family;
    request.sampling.seed = job_.seed;
    const auto made = generate(generator, description, request, data_);
    const auto ready = ready_to_use(generator, made, request, data_);
    return evaluate(made.plan->executor(), ready.weights, {&data_.get(source)->validation}, kComparisonImages)
        .accuracy[0];
  }

  // The whole source, or a few of its classes where there are very many.
  std::string comparison_task(const std::string& source) {
    constexpr std::int64_t kFewClasses = 10;
    DataSpec task = DataSpec::parse(source);
    if (data_.get(source)->classes() <= before_.model().config().most_classes) return source;
    for (std::int64_t c = 0; c < kFewClasses; ++c) task.classes.push_back(c);
    return task.text();
  }

  std::vector<AdaptationRow> compare(const Generator& after) {
    std::vector<AdaptationRow> rows;
    const auto add = [&](const std::string& family, const std::string& architecture, const Json& config,
                         std::size_t sources) {
      for (const auto& source : std::span(sources_).first(sources)) {
        const auto task = comparison_task(source);
        const auto description =
            registry_.describe(architecture, with_form(config, after.tokenizer(), data_.get(task)->classes()));
        rows.push_back({family, description.label(), task, accuracy(before_, family, description, task),
                        accuracy(after, family, description, task)});
      }
    };
    add(family_, job_.architecture, job_.config, sources_.size());
    for (const Practice& old : rehearsal(after.tokenizer())) add(old.family, old.architecture, old.config, 1);
    return rows;
  }

  Json provenance(const ConfigRanges& ranges) const {
    Json training = before_.training().is_object() ? before_.training() : Json::object();
    Json adaptations = training.value("adaptations", Json());
    if (!adaptations.is_array()) adaptations = Json::array();
    adaptations.push_back({{"architecture", registry_.find(job_.architecture).id},
                           {"family", family_},
                           {"config", job_.config},
                           {"ranges", ranges.json()},
                           {"data", sources_},
                           {"anchor_steps", anchor_steps_},
                           {"steps", job_.steps},
                           {"seed", job_.seed},
                           {"from", before_.id()}});
    training["adaptations"] = std::move(adaptations);
    return training;
  }

  const Generator& before_;
  const PluginRegistry& registry_;
  const AdaptationJob& job_;
  const ProgressSink& progress_;
  std::vector<std::string> sources_;
  DataCache data_;
  std::string family_;
  std::int64_t anchor_steps_ = 0;
};

}  // namespace

Adaptation adapt(const Generator& generator, const PluginRegistry& registry, const AdaptationJob& job,
                 const ProgressSink& progress) {
  return Adapter(generator, registry, job, progress).run();
}

}  // namespace weightloom
