#include "weightloom/generator/generator.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/module_io.hpp"
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

}  // namespace

Generator::Generator(GeneratorConfig config, std::shared_ptr<const Tokenizer> tokenizer, std::uint64_t seed) {
  auto generator = make_generator(derive_seed(seed, "generator weights"));
  model_ = std::make_shared<GeneratorModel>(config, std::move(tokenizer), generator);
}

std::string Generator::id() const {
  Sha256 hash;
  hash.update(generator_json(*model_).dump());
  for (const auto& [name, tensor] : generator_tensors(*model_))
    hash.update(name).update(tensor.bytes.data(), tensor.bytes.size());
  return to_hex(hash.finish());
}

void Generator::save(const std::filesystem::path& path, const Json& training) const {
  write_safetensors(
      path, generator_tensors(*model_),
      {{"weightloom.generator", generator_json(*model_).dump()}, {"weightloom.training", training.dump()}});
}

Generator Generator::load(const std::filesystem::path& path, std::shared_ptr<const Tokenizer> tokenizer) {
  const SafetensorsFile file = read_safetensors(path);
  const auto found = file.metadata.find("weightloom.generator");
  const Json json = found == file.metadata.end() ? Json() : Json::parse(found->second, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != kSchema)
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
      generator.training_ = Json::parse(training->second, nullptr, false);
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

Generated generate(const Generator& generator, const NetworkDescription& description, const Request& request,
                   DataCache& data) {
  if (request.instruction.empty() && request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.condition", "nothing says what the network is for", "",
                "give words (--instruction \"handwritten digits\"), a data set (--data mnist), or both");
  torch::NoGradGuard no_grad;
  auto plan = generator.tokenizer().plan(description, request.family);
  Condition condition;
  if (!request.data.empty()) {
    const DataSpec task = task_of(data, request.data);
    if (static_cast<std::int64_t>(task.classes.size()) != description.classes)
      throw Error(ErrorCode::kUsage, "generate.classes", "the network and the data disagree",
                  "the architecture has " + std::to_string(description.classes) + " outputs, '" + request.data +
                      "' has " + std::to_string(task.classes.size()) + " classes",
                  "set classes=" + std::to_string(task.classes.size()));
    const TaskImages images(data, {task.source});
    auto draws = make_generator(derive_seed(request.sampling.seed, "example images"));
    const auto rows = images.draw_rows({task}, request.shots, draws);
    const auto examples = images.images().index_select(0, rows.flatten());
    const auto shape = rows.sizes().vec();
    const auto shaped = [&](const torch::Tensor& x) { return x.view({shape[0], shape[1], shape[2], -1}); };
    const auto features = anchor_features(*plan, examples);
    condition =
        example_condition(*plan, shaped(thumbnails(examples)),
                          features.size(1) > 0 ? shaped(features) : torch::zeros({shape[0], shape[1], shape[2], 0}));
    for (auto* tensor : {&condition.thumbnails, &condition.evidence, &condition.evidence_scale}) {
      auto repeated = tensor->sizes().vec();
      repeated[0] = request.count;
      *tensor = tensor->expand(repeated);
    }
  }
  condition.batch = request.count;
  condition.classes = description.classes;
  condition.quality = torch::full({request.count}, request.quality);
  if (!request.instruction.empty())
    condition.words =
        torch::tensor(instruction_words(request.instruction), torch::kInt64).unsqueeze(0).expand({request.count, -1});
  GeneratorModel& model = generator.model();
  auto tokens = model.sample(*plan, model.prepare(*plan, condition), request.sampling);
  Weights weights = generator.tokenizer().decode(*plan, tokens);
  return {std::move(plan), std::move(tokens), std::move(weights)};
}

Weights ready_to_use(const Generator& generator, const Generated& made, const Request& request, DataCache& data) {
  const LabelledImages reference{generator.tokenizer().reference_images(),
                                 torch::zeros({generator.tokenizer().reference_images().size(0)}, torch::kInt64)};
  const auto chosen = request.data.empty() ? nullptr : data.get(request.data);
  return recalibrate(made.plan->executor(), made.weights, {chosen ? &chosen->train : &reference},
                     derive_seed(request.sampling.seed, "recalibrate"));
}

}  // namespace weightloom
