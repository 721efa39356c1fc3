#include "weightloom/generator/generator.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/generator/instruction.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

constexpr const char* kSchema = "weightloom.generator/1";

Json generator_json(const GeneratorModel& model) {
  const GeneratorConfig& config = model.config();
  return {{"schema", kSchema},
          {"width", config.width},
          {"layers", config.layers},
          {"heads", config.heads},
          {"most_classes", config.most_classes},
          {"order", config.order == GenerationOrder::kChunk ? "chunk" : "tensor"},
          {"tokenizer", model.tokenizer().id()}};
}

GeneratorConfig config_from_json(const Json& json) {
  GeneratorConfig config;
  config.width = json.at("width");
  config.layers = json.at("layers");
  config.heads = json.at("heads");
  config.most_classes = json.at("most_classes");
  config.order = json.at("order") == "chunk" ? GenerationOrder::kChunk : GenerationOrder::kTensor;
  return config;
}

TensorMap generator_tensors(const GeneratorModel& model) {
  TensorMap tensors;
  collect_parameters(model, "", tensors);
  return tensors;
}

std::string hash_of(const GeneratorModel& model) {
  Sha256 hash;
  hash.update(generator_json(model).dump());
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
  write_safetensors(
      path, generator_tensors(*model_),
      {{"weightloom.generator", generator_json(*model_).dump()}, {"weightloom.training", training.dump()}});
}

Generator Generator::load(const std::filesystem::path& path, std::shared_ptr<const Tokenizer> tokenizer) {
  const SafetensorsFile file = read_safetensors(path);
  const auto found = file.metadata.find("weightloom.generator");
  const std::string what = "generator '" + path.string() + "'";
  const Json json = found == file.metadata.end() ? Json() : parse_json(found->second, what);
  if (!json.is_object() || json.value("schema", Json()) != kSchema)
    throw Error(ErrorCode::kRefused, "generator.schema", "'" + path.string() + "' is not a generator",
                "its metadata has no " + std::string(kSchema), "make one with `weightloom generator train`")
        .at(path.string());
  try {
    if (json.at("tokenizer") != tokenizer->id())
      throw Error(ErrorCode::kRefused, "generator.tokenizer",
                  "generator '" + path.string() + "' needs another tokenizer",
                  "it was trained with " + json.at("tokenizer").get<std::string>().substr(0, 16) + ", this one is " +
                      tokenizer->id().substr(0, 16),
                  "pass the tokenizer file that it was trained with")
          .at(path.string());
    Generator generator(config_from_json(json), std::move(tokenizer), 0);
    restore_parameters(*generator.model_, "", file.tensors);
    if (const auto training = file.metadata.find("weightloom.training"); training != file.metadata.end())
      generator.training_ = parse_json(training->second, what);
    return generator;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "generator.malformed", "cannot read generator '" + path.string() + "'",
                error.what())
        .at(path.string());
  }
}

Json to_json(const Request& request) {
  return {{"instruction", request.instruction},
          {"data", request.data},
          {"shots", request.shots},
          {"quality", request.quality},
          {"family", request.family},
          {"count", request.count},
          {"temperature", request.sampling.temperature},
          {"top_k", request.sampling.top_k},
          {"top_p", request.sampling.top_p},
          {"seed", request.sampling.seed}};
}

Request request_from_json(const Json& json) {
  Request request;
  request.instruction = json.at("instruction");
  request.data = json.at("data");
  request.shots = json.at("shots");
  request.quality = json.at("quality");
  request.family = json.at("family");
  request.count = json.at("count");
  request.sampling = {json.at("temperature"), json.at("top_k"), json.at("top_p"), json.at("seed")};
  return request;
}

namespace {

// The condition of one network with `task`'s examples, which every network of the request is drawn under.
Condition examples_condition(const NetworkPlan& plan, const DataSpec& task, const Request& request, DataCache& data) {
  const TaskImages images(data, {task.source});
  auto draws = make_generator(derive_seed(request.sampling.seed, "example images"));
  const auto rows = images.draw_rows({task}, request.shots, draws);
  const auto examples = images.images().index_select(0, rows.flatten());
  const auto shape = rows.sizes().vec();
  const auto by_class = [&](const torch::Tensor& x) { return x.reshape({shape[0], shape[1], shape[2], x.size(1)}); };
  auto condition = example_condition(plan, by_class(thumbnails(examples)), by_class(anchor_features(plan, examples)));
  for (auto* tensor : {&condition.thumbnails, &condition.evidence, &condition.evidence_scale}) {
    auto repeated = tensor->sizes().vec();
    repeated[0] = request.count;
    *tensor = tensor->expand(repeated);
  }
  return condition;
}

Condition condition_of(const NetworkPlan& plan, const Request& request, DataCache& data) {
  const auto classes = plan.description().classes;
  Condition condition;
  if (!request.data.empty()) {
    const DataSpec task = task_of(data, request.data);
    const auto wanted = std::to_string(task.classes.size());
    if (static_cast<std::int64_t>(task.classes.size()) != classes)
      throw Error(ErrorCode::kUsage, "generate.classes", "the network and the data disagree",
                  "the architecture has " + std::to_string(classes) + " outputs, '" + request.data + "' has " + wanted +
                      " classes",
                  "set classes=" + wanted);
    condition = examples_condition(plan, task, request, data);
  }
  condition.batch = request.count;
  condition.classes = classes;
  condition.quality = torch::full({request.count}, request.quality, plan.mask().options());
  if (!request.instruction.empty())
    condition.words = torch::tensor(instruction_words(request.instruction), indices_like(plan.mask()))
                          .unsqueeze(0)
                          .expand({request.count, -1});
  return condition;
}

}  // namespace

Generated generate(const Generator& generator, const NetworkDescription& description, const Request& request,
                   DataCache& data) {
  if (request.instruction.empty() && request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.condition", "nothing says what the network is for", "",
                "give words (--instruction \"handwritten digits\"), a data set (--data mnist), or both");
  return translate_torch_errors(
      "generate",
      [&] {
        torch::NoGradGuard no_grad;
        auto plan = generator.tokenizer().plan(description, request.family);
        GeneratorModel& model = generator.model();
        auto tokens = model.sample(*plan, model.prepare(*plan, condition_of(*plan, request, data)), request.sampling);
        Weights weights = generator.tokenizer().decode(*plan, tokens);
        return Generated{std::move(plan), std::move(tokens), std::move(weights)};
      },
      "draw fewer networks at a time, or a smaller network");
}

Weights ready_to_use(const Generator& generator, const Generated& made, const Request& request, DataCache& data) {
  return translate_torch_errors(
      "recalibrate generated networks",
      [&] {
        const LabelledImages reference{generator.tokenizer().reference_images(),
                                       torch::zeros({generator.tokenizer().reference_images().size(0)},
                                                    generator.tokenizer().compute().indices())};
        const auto chosen = request.data.empty() ? nullptr : data.get(request.data);
        return recalibrate(made.plan->executor(), made.weights, {chosen ? &chosen->train : &reference},
                           derive_seed(request.sampling.seed, "recalibrate"));
      },
      "draw fewer networks at a time");
}

}  // namespace weightloom
