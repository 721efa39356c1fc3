#include "weightloom/generator/generator.hpp"

#include <algorithm>
#include <span>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/generator/body.hpp"
#include "weightloom/generator/instruction.hpp"
#include "weightloom/generator/refinement.hpp"
#include "weightloom/runtime/budget.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

constexpr const char* kSchema = "weightloom.generator/2";
// Of the model's own tensors, beside those of its tokenizer.
constexpr const char* kPrefix = "generator.";
constexpr const char* kExemplarPrefix = "exemplars.";

Json generator_json(const GeneratorModel& model) {
  Json out = to_json(model.config());
  out.update({{"schema", kSchema}});
  return out;
}

GeneratorConfig config_of(const Json& json, const TensorMap& tensors) {
  ConfigReader reader(json, "configuration");
  reader.value("schema");
  reader.value("training");
  reader.value("exemplars");
  const GeneratorConfig config = read_generator_config(reader);
  reader.finish();
  // Before anything is allocated: a model takes no more memory than its file.
  check_tensor(tensors, kPrefix + std::string("class.weight"), {config.most_classes, config.width});
  check_tensor(tensors, kPrefix + std::string("body.layer") + std::to_string(config.layers - 1) + ".qkv.weight",
               {3 * config.width, config.width});
  return config;
}

TensorMap generator_tensors(const GeneratorModel& model) {
  TensorMap tensors;
  collect_parameters(model, kPrefix, tensors);
  return tensors;
}

Error malformed(const std::filesystem::path& path, const std::string& why) {
  return Error(ErrorCode::kRefused, "generator.malformed", "cannot read generator '" + path.string() + "'", why,
               "make it again with `weightloom generator train`")
      .at(path.string());
}

std::string hash_of(const GeneratorModel& model) {
  Sha256 hash;
  hash.update(generator_json(model).dump()).update(model.tokenizer().id());
  for (const auto& [name, tensor] : generator_tensors(model))
    hash.update(name).update(tensor.bytes.data(), tensor.bytes.size());
  return to_hex(hash.finish());
}

}  // namespace

Generator::Generator(GeneratorConfig config, std::shared_ptr<const Tokenizer> tokenizer, std::uint64_t seed) {
  auto generator = make_generator(derive_seed(seed, "generator weights"));
  const auto compute = tokenizer->compute();
  model_ = std::make_shared<GeneratorModel>(config, std::move(tokenizer), generator);
  model_->to(compute.device, compute.dtype);
}

const std::string& Generator::id() const {
  std::call_once(identity_->once, [&] { identity_->id = hash_of(*model_); });
  return identity_->id;
}

void Generator::save(const std::filesystem::path& path, const Json& training) const {
  SafetensorsFile file = tokenizer().to_file(tokenizer().training());
  file.tensors.merge(generator_tensors(*model_));
  Json json = generator_json(*model_);
  json["training"] = training;
  json["exemplars"] = save_exemplars(exemplars_, kExemplarPrefix, file.tensors);
  file.metadata["weightloom.generator"] = json.dump();
  write_safetensors(path, file.tensors, file.metadata);
}

Generator Generator::load(const std::filesystem::path& path) {
  if (std::error_code error; !std::filesystem::exists(path, error))
    throw Error(ErrorCode::kNotFound, "generator.none", "there is no generator '" + path.string() + "'", "",
                "train one with `weightloom generator train`, or name one with --generator")
        .at(path.string());
  const SafetensorsFile file = read_safetensors(path);
  const auto found = file.metadata.find("weightloom.generator");
  const std::string what = "generator '" + path.string() + "'";
  const Json json = found == file.metadata.end() ? Json() : parse_json(found->second, what);
  if (!json.is_object() || json.value("schema", Json()) != kSchema)
    throw Error(ErrorCode::kRefused, "generator.schema", "'" + path.string() + "' is not a generator",
                "its metadata has no " + std::string(kSchema), "make one with `weightloom generator train`")
        .at(path.string());
  auto tokenizer = std::make_shared<const Tokenizer>(Tokenizer::from_file(file, path));
  try {
    return translate_torch_errors("load a generator", [&] {
      Generator generator(config_of(json, file.tensors), std::move(tokenizer), 0);
      restore_parameters(*generator.model_, kPrefix, file.tensors);
      generator.training_ = json.value("training", Json::object());
      // Files of before have none.
      generator.exemplars_ = load_exemplars(json.value("exemplars", Json::array()), kExemplarPrefix, file.tensors,
                                            generator.tokenizer().compute());
      return generator;
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage && error.code() != ErrorCode::kRefused) throw;
    throw malformed(path, error.what());
  }
}

Generator Generator::with_tokenizer(std::shared_ptr<const Tokenizer> tokenizer) const {
  Generator out(model_->config(), std::move(tokenizer), 0);
  TensorMap tensors;
  collect_parameters(*model_, "", tensors);
  restore_parameters(*out.model_, "", tensors);
  out.training_ = training_;
  out.exemplars_ = exemplars_;
  return out;
}

Json to_json(const Request& request) {
  return {{"instruction", request.instruction},
          {"data", request.data},
          {"recalled", request.recalled},
          {"beside", request.beside},
          {"shots", request.shots},
          {"quality", request.quality},
          {"family", request.family},
          {"count", request.count},
          {"fit_body", request.fit_body},
          {"refine", request.refine},
          {"temperature", request.sampling.temperature},
          {"top_k", request.sampling.top_k},
          {"top_p", request.sampling.top_p},
          {"seed", request.sampling.seed}};
}

Request request_from_json(const Json& json) {
  Request request;
  request.instruction = json.at("instruction");
  request.data = json.at("data");
  request.recalled = json.value("recalled", false);
  request.shots = json.at("shots");
  request.quality = json.at("quality");
  request.family = json.at("family");
  request.count = json.at("count");
  // Records of before have none of these.
  request.beside = json.value("beside", "");
  request.fit_body = json.value("fit_body", false);
  request.refine = json.value("refine", std::int64_t{0});
  request.sampling = {json.at("temperature"), json.at("top_k"), json.at("top_p"), json.at("seed")};
  return request;
}

void check_classes(const NetworkDescription& description, const Request& request, std::int64_t classes) {
  if (classes == description.classes) return;
  const auto wanted = std::to_string(classes);
  throw Error(ErrorCode::kUsage, "generate.classes", "the network and the data disagree",
              "the architecture has " + std::to_string(description.classes) + " outputs, '" + request.data + "' has " +
                  wanted + " classes",
              "set classes=" + wanted);
}

namespace {

// What is remembered is few images, all of which are shown: drawn with replacement, some would stand on both sides of a
// cross-validation.
torch::Tensor remembered_images(const std::string& of, std::int64_t most, DataCache& data) {
  const auto on = data.get(of);
  std::vector<torch::Tensor> classes;
  for (std::int64_t c = 0; c < on->classes(); ++c) {
    const auto own = on->train.images.index_select(0, (on->train.labels == c).nonzero().flatten());
    classes.push_back(own.narrow(0, 0, std::min(own.size(0), most)));
  }
  return torch::stack(classes);
}

torch::Tensor drawn_images(const Request& request, DataCache& data) {
  const DataSpec task = task_of(data, request.data);
  const TaskImages images(data, {task.source});
  auto draws = make_generator(derive_seed(request.sampling.seed, "example images"));
  const auto rows = images.draw_rows({task}, request.shots, draws).squeeze(0);
  auto shape = images.images().sizes().vec();
  shape[0] = rows.size(0);
  shape.insert(shape.begin() + 1, rows.size(1));
  return images.images().index_select(0, rows.flatten()).view(shape);
}

}  // namespace

torch::Tensor example_images(const Request& request, DataCache& data) {
  return translate_torch_errors("draw example images", [&] {
    if (request.recalled) return remembered_images(request.data, request.shots, data);
    const auto own = drawn_images(request, data);
    if (request.beside.empty()) return own;
    const auto more = remembered_images(request.beside, kMostExemplars, data);
    const auto fitted = fit_images(more.flatten(0, 1), own.sizes().slice(2).vec());
    return torch::cat({own, fitted.unflatten(0, {more.size(0), more.size(1)})}, 1);
  });
}

std::int64_t affordable_shots(const Executor& executor, const Request& request) {
  const auto images = affordable_images(executor, kMostExampleOperations);
  return std::min(request.shots, images / std::max<std::int64_t>(1, executor.description().classes));
}

namespace {

bool looks_at_examples(const NetworkPlan& plan, const Request& request) {
  return !request.data.empty() && affordable_shots(plan.executor(), request) > 0;
}

// The condition of one network with the request's examples, which every network of the request is drawn under.
Condition examples_condition(const NetworkPlan& plan, const Request& request, DataCache& data) {
  const auto by_network = example_images(request, data);
  const auto classes = by_network.size(0), shots = by_network.size(1);
  const auto examples = by_network.flatten(0, 1);
  const auto by_class = [&](const torch::Tensor& x) { return x.reshape({1, classes, shots, x.size(1)}); };
  const bool looks = looks_at_examples(plan, request);
  const auto features = looks ? anchor_features(plan, examples) : torch::zeros({examples.size(0), 0}, plan.floats());
  auto condition = example_condition(plan, by_class(thumbnails(examples)), by_class(features));
  if (!looks) condition.evidence.clear();  // imagined
  const auto repeat = [&](torch::Tensor& tensor) {
    if (!tensor.defined()) return;
    auto repeated = tensor.sizes().vec();
    repeated[0] = request.count;
    tensor = tensor.expand(repeated);
  };
  repeat(condition.thumbnails);
  repeat(condition.evidence_scale);
  for (auto& tensor : condition.evidence) repeat(tensor);
  return condition;
}

Condition condition_of(const NetworkPlan& plan, const Request& request, DataCache& data) {
  const auto classes = plan.description().classes;
  Condition condition;
  if (!request.data.empty()) {
    check_classes(plan.description(), request, static_cast<std::int64_t>(task_of(data, request.data).classes.size()));
    condition = examples_condition(plan, request, data);
  }
  condition.batch = request.count;
  condition.classes = classes;
  condition.quality = torch::full({request.count}, request.quality, plan.floats());
  if (!request.instruction.empty())
    condition.words = torch::tensor(instruction_words(request.instruction), indices_like(plan.reference_scales()))
                          .unsqueeze(0)
                          .expand({request.count, -1});
  return condition;
}

// What was written so far belongs to a request: the same tokens follow only where all of this is the same.
std::string fingerprint(const Generator& generator, const NetworkPlan& plan, const Request& request,
                        const GeneratorModel::Prepared& prepared) {
  Fingerprint print;
  print.add(generator.id()).add(plan.description().identity).add(plan.family()).add(to_json(request).dump());
  return print.add(prepared.prefix).text();
}

}  // namespace

Generated generate(const Generator& generator, const NetworkDescription& description, const Request& request,
                   DataCache& data, const std::filesystem::path& checkpoint, const ProgressSink& progress) {
  if (request.instruction.empty() && request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.condition", "nothing says what the network is for", "",
                "give words (--instruction \"handwritten digits\"), a data set (--data mnist), or both");
  return translate_torch_errors(
      "generate",
      [&] {
        torch::NoGradGuard no_grad;
        auto plan = generator.tokenizer().plan(description, request.family);
        GeneratorModel& model = generator.model();
        const auto prepared = model.prepare(*plan, condition_of(*plan, request, data));
        Checkpoint kept;
        if (!checkpoint.empty()) kept = {checkpoint, fingerprint(generator, *plan, request, prepared)};
        auto tokens = model.sample(*plan, prepared, request.sampling, -1, kept, progress);
        Weights weights = generator.tokenizer().decode(*plan, tokens);
        return Generated{std::move(plan), std::move(tokens), std::move(weights)};
      },
      "draw fewer networks at a time, or a smaller network");
}

namespace {

// How much of what was generated is kept. More steps between would be chosen by noise. A half is a third set of weights
// beside the anchor's and what was generated: too much of large networks, for which half a gigabyte is the bound.
constexpr double kShares[] = {1.0, 0.5, 0.0}, kWholeShares[] = {1.0, 0.0};
constexpr std::int64_t kMostWeightsToMix = std::int64_t{1} << 27;

// One network with `share` of its deviation from the plan's anchor, which is the start's body.
Weights with_share(const NetworkPlan& plan, const Weights& weights, double share) {
  Weights out = weights;
  if (share == 1) return out;
  for (const SlotTensor& tensor : plan.layout().tensors) {
    const auto& anchor = plan.anchor().tensors[tensor.parameter];
    auto& values = out.tensors[tensor.parameter];
    values = share == 0 ? anchor : anchor + (values - anchor) * share;
  }
  return out;
}

// One generated network with running statistics, a head and what refinement the request asks for.
class Finisher {
 public:
  Finisher(const Generator& generator, const NetworkPlan& plan, const Request& request, DataCache& data)
      : anchor_(generator.tokenizer().find_anchor(plan.description().architecture, plan.family())),
        plan_(plan),
        request_(request),
        on_(data.get(request.data)),
        examples_(example_images(request, data)),
        with_copies_(copies_of(examples_)) {}

  void finish(const Weights& generated, ReadyNetworks& ready, std::vector<Weights>& networks) const {
    double share = 1, best = -1;
    Weights chosen;
    torch::Tensor features;
    const bool mixes = plan_.description().parameter_count() <= kMostWeightsToMix;
    for (const double candidate : mixes ? std::span<const double>(kShares) : kWholeShares) {
      Weights weights = calibrated(with_share(plan_, generated, candidate));
      auto found = example_features(plan_, weights, with_copies_);
      // What its body is worth: a generated head would be judged on examples that it was made from.
      const double expected = fit_head(anchor_, plan_, found).expected_accuracy;
      if (expected <= best) continue;
      best = expected;
      share = candidate;
      chosen = std::move(weights);
      features = std::move(found);
    }
    ready.shares.push_back(share);
    const Weights body = chosen;
    ready.heads.push_back(refit_head(anchor_, plan_, features, chosen));
    ready.passes.push_back(request_.fit_body
                               ? fit_body_where_better(anchor_, plan_, with_copies_, seed(), chosen, ready.heads.back())
                               : 0);
    if (request_.refine > 0) {
      const auto number = std::to_string(networks.size());
      auto refined =
          refine(plan_, chosen, examples_, request_.refine, derive_seed(request_.sampling.seed, "refine/" + number),
                 [&, passes = ready.passes.back()](const torch::Tensor& some, Weights& weights) {
                   weights = body;
                   if (passes > 0)
                     fit_body_and_head(anchor_, plan_, copies_of(some), passes, seed(), weights);
                   else
                     refit_head(anchor_, plan_, example_features(plan_, weights, copies_of(some)), weights);
                 });
      chosen = std::move(refined.weights);
      ready.heads.back().expected_accuracy = refined.expected_accuracy;
      ready.learning_rates.push_back(refined.learning_rate);
    }
    networks.push_back(std::move(chosen));
  }

 private:
  torch::Tensor copies_of(const torch::Tensor& examples) const {
    return with_copies(plan_, examples, derive_seed(request_.sampling.seed, "jitter"));
  }
  std::uint64_t seed() const { return derive_seed(request_.sampling.seed, "body"); }
  Weights calibrated(const Weights& weights) const {
    return recalibrate(plan_.executor(), weights, {&on_->train}, derive_seed(request_.sampling.seed, "recalibrate"));
  }

  const Anchor* anchor_;
  const NetworkPlan& plan_;
  const Request& request_;
  std::shared_ptr<const TensorData> on_;
  torch::Tensor examples_, with_copies_;
};

}  // namespace

ReadyNetworks ready_to_use(const Generator& generator, const Generated& made, const Request& request, DataCache& data) {
  return translate_torch_errors(
      "make generated networks ready",
      [&] {
        const NetworkPlan& plan = *made.plan;
        if (!looks_at_examples(plan, request) || !has_linear_head(plan)) {
          const auto reference = unlabelled(generator.tokenizer().images_for(plan.executor()));
          const auto chosen = request.data.empty() ? nullptr : data.get(request.data);
          return ReadyNetworks{recalibrate(plan.executor(), made.weights, {chosen ? &chosen->train : &reference},
                                           derive_seed(request.sampling.seed, "recalibrate")),
                               {},
                               {},
                               {},
                               {}};
        }
        ReadyNetworks ready;
        std::vector<Weights> networks;
        const Finisher finisher(generator, plan, request, data);
        for (std::int64_t i = 0; i < made.weights.population(); ++i)
          finisher.finish(made.weights.member(i), ready, networks);
        ready.weights = concatenate(networks);
        return ready;
      },
      "draw fewer networks at a time");
}

}  // namespace weightloom
