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
  Json out = to_json(model.config());
  out.update({{"schema", kSchema}, {"tokenizer", model.tokenizer().id()}});
  return out;
}

GeneratorConfig config_of(const Json& json, const TensorMap& tensors) {
  ConfigReader reader(json, "configuration");
  reader.value("schema");
  reader.value("tokenizer");
  const GeneratorConfig config = read_generator_config(reader);
  reader.finish();
  // Before anything is allocated: a model takes no more memory than its file.
  check_tensor(tensors, "class.weight", {config.most_classes, config.width});
  check_tensor(tensors, "body.layer" + std::to_string(config.layers - 1) + ".qkv.weight",
               {3 * config.width, config.width});
  return config;
}

TensorMap generator_tensors(const GeneratorModel& model) {
  TensorMap tensors;
  collect_parameters(model, "", tensors);
  return tensors;
}

Error malformed(const std::filesystem::path& path, const std::string& why) {
  return Error(ErrorCode::kRefused, "generator.malformed", "cannot read generator '" + path.string() + "'", why,
               "make it again with `weightloom generator train`")
      .at(path.string());
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
  const std::string wanted = json.contains("tokenizer") ? json["tokenizer"].dump().substr(1, 16) : "none";
  if (wanted != tokenizer->id().substr(0, 16))
    throw Error(ErrorCode::kRefused, "generator.tokenizer", "generator '" + path.string() + "' needs another tokenizer",
                "it was trained with " + wanted + ", this one is " + tokenizer->id().substr(0, 16),
                "pass the tokenizer file that it was trained with")
        .at(path.string());
  try {
    return translate_torch_errors("load a generator", [&] {
      Generator generator(config_of(json, file.tensors), std::move(tokenizer), 0);
      restore_parameters(*generator.model_, "", file.tensors);
      if (const auto training = file.metadata.find("weightloom.training"); training != file.metadata.end())
        generator.training_ = parse_json(training->second, what);
      return generator;
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage && error.code() != ErrorCode::kRefused) throw;
    throw malformed(path, error.what());
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

void check_classes(const NetworkDescription& description, const Request& request, std::int64_t classes) {
  if (classes == description.classes) return;
  const auto wanted = std::to_string(classes);
  throw Error(ErrorCode::kUsage, "generate.classes", "the network and the data disagree",
              "the architecture has " + std::to_string(description.classes) + " outputs, '" + request.data + "' has " +
                  wanted + " classes",
              "set classes=" + wanted);
}

torch::Tensor example_images(const Request& request, DataCache& data) {
  return translate_torch_errors("draw example images", [&] {
    const DataSpec task = task_of(data, request.data);
    const TaskImages images(data, {task.source});
    auto draws = make_generator(derive_seed(request.sampling.seed, "example images"));
    const auto rows = images.draw_rows({task}, request.shots, draws).squeeze(0);
    auto shape = images.images().sizes().vec();
    shape[0] = rows.size(0);
    shape.insert(shape.begin() + 1, rows.size(1));
    return images.images().index_select(0, rows.flatten()).view(shape);
  });
}

namespace {

// The condition of one network with the request's examples, which every network of the request is drawn under.
Condition examples_condition(const NetworkPlan& plan, const Request& request, DataCache& data) {
  const auto by_network = example_images(request, data);
  const auto classes = by_network.size(0), shots = by_network.size(1);
  const auto examples = by_network.flatten(0, 1);
  const auto by_class = [&](const torch::Tensor& x) { return x.reshape({1, classes, shots, x.size(1)}); };
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
    check_classes(plan.description(), request, static_cast<std::int64_t>(task_of(data, request.data).classes.size()));
    condition = examples_condition(plan, request, data);
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

ReadyNetworks ready_to_use(const Generator& generator, const Generated& made, const Request& request, DataCache& data) {
  return translate_torch_errors(
      "make generated networks ready",
      [&] {
        const Tokenizer& tokenizer = generator.tokenizer();
        const NetworkPlan& plan = *made.plan;
        const auto reference = unlabelled(tokenizer.reference_images());
        const auto chosen = request.data.empty() ? nullptr : data.get(request.data);
        ReadyNetworks ready{recalibrate(plan.executor(), made.weights, {chosen ? &chosen->train : &reference},
                                        derive_seed(request.sampling.seed, "recalibrate")),
                            {}};
        if (!chosen || !has_linear_head(plan)) return ready;
        const auto examples = example_images(request, data);
        const Anchor* anchor = tokenizer.find_anchor(plan.description().architecture, plan.family());
        std::vector<Weights> networks;
        for (std::int64_t i = 0; i < ready.weights.population(); ++i) {
          networks.push_back(ready.weights.member(i));
          ready.heads.push_back(refit_head(anchor, plan, examples, networks.back()));
        }
        ready.weights = concatenate(networks);
        return ready;
      },
      "draw fewer networks at a time");
}

}  // namespace weightloom
