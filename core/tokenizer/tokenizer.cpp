#include "weightloom/tokenizer/tokenizer.hpp"

#include <algorithm>
#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/network/tasks.hpp"
#include "weightloom/runtime/alignment.hpp"
#include "weightloom/runtime/budget.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/runtime/unit_variance.hpp"
#include "weightloom/tokenizer/chunks.hpp"

namespace weightloom {
namespace {

// Wide enough to tell the roles, places and sizes of slots apart; encoder and decoder read it beside a chunk of 144.
constexpr std::int64_t kSlotWidth = 64;
// docs/token_format.md: from a deviation that no network's function shows to one well beyond fresh initialisations. The
// first level stands one step below: no deviation at all.
constexpr double kLowestLogScale = -6, kHighestLogScale = 2;
constexpr const char* kSchema = "weightloom.tokenizer/3";
// Decoded together: their chunks and hidden values take a few megabytes.
constexpr std::int64_t kSlotsAtATime = 4096;

double scale_step(const TokenizerConfig& config) {
  return (kHighestLogScale - kLowestLogScale) / static_cast<double>(config.scale_levels - 2);
}

constexpr std::int64_t kFewestImages = 8, kMostImages = 1024, kCalibrationBatch = 128, kScalingImages = 64;

// The anchor of a large network is looked at with less care: what is generated is calibrated again.
std::int64_t images_within_budget(const Executor& executor) {
  return std::clamp(affordable_images(executor, look_operations(executor) / 2), kFewestImages, kMostImages);
}

// Reference images in the form that a network expects. What is no image gets noise.
torch::Tensor reference_for(const torch::Tensor& images, const Shape& shape, std::int64_t most) {
  const auto some = images.narrow(0, 0, std::min(images.size(0), most));
  if (shape.size() == 3) return fit_images(some, shape);
  auto sizes = shape;
  sizes.insert(sizes.begin(), some.size(0));
  auto generator = make_generator(0);
  return torch::randn(sizes, generator, ComputeOptions().floats()).to(images.options());
}

// Where there is no anchor: fresh values that pass signals on, always the same; the head at zero like an anchor's.
Weights fresh_start(const Executor& executor, const torch::Tensor& images) {
  const auto& description = executor.description();
  Weights start = unit_variance(executor, initial_weights(description, 1, /*seed=*/0, options_of(images)),
                                images.narrow(0, 0, std::min(images.size(0), kScalingImages)));
  for (const auto& name : {executor.facts().head_weight, executor.facts().head_bias})
    if (const auto p = description.find_parameter(name)) start.tensors[*p] = torch::zeros_like(start.tensors[*p]);
  return start;
}

void start_at_zero(Linear& layer) {
  torch::NoGradGuard no_grad;
  layer->weight.zero_();
  layer->bias.zero_();
}

}  // namespace

TokenizerConfig read_tokenizer_config(ConfigReader& reader) {
  TokenizerConfig config;
  config.chunk = reader.integer("chunk", config.chunk, 4, 65536);
  config.vector_chunk = reader.integer("vector_chunk", config.vector_chunk, 1, config.chunk);
  config.codebooks = reader.integer("codebooks", config.codebooks, 1, 64);
  config.codes = reader.integer("codes", config.codes, 2, 32768);  // what an int16 of a token stream holds
  config.scale_levels = reader.integer("scale_levels", config.scale_levels, 3, 4096);
  config.hidden = reader.integer("hidden", config.hidden, 1, 65536);
  config.quantizer =
      reader.choice("quantizer", {"ema", "gumbel"}, "ema") == "ema" ? QuantizerKind::kEma : QuantizerKind::kGumbel;
  return config;
}

Json to_json(const TokenizerConfig& config) {
  return {{"chunk", config.chunk},
          {"vector_chunk", config.vector_chunk},
          {"codebooks", config.codebooks},
          {"codes", config.codes},
          {"scale_levels", config.scale_levels},
          {"hidden", config.hidden},
          {"quantizer", config.quantizer == QuantizerKind::kEma ? "ema" : "gumbel"}};
}

TokenizerModel::TokenizerModel(const TokenizerConfig& config, torch::Generator& generator) {
  quantizer = register_module(
      "quantizer", std::make_shared<ResidualQuantizer>(config.codebooks, config.codes, config.chunk, config.quantizer));
  slot_ = register_module("slot", Linear(kSlotFeatures, kSlotWidth, generator));
  encode_in_ = register_module("encode_in", Linear(config.chunk + kSlotWidth, config.hidden, generator));
  encode_out_ = register_module("encode_out", Linear(config.hidden, config.chunk, generator));
  decode_in_ = register_module("decode_in", Linear(config.chunk + kSlotWidth, config.hidden, generator));
  decode_out_ = register_module("decode_out", Linear(config.hidden, config.chunk, generator));
  start_at_zero(encode_out_);
  start_at_zero(decode_out_);
}

torch::Tensor TokenizerModel::embed_slots(const torch::Tensor& features) {
  return torch::gelu(slot_(features));
}

torch::Tensor TokenizerModel::encode(const torch::Tensor& chunks, const torch::Tensor& mask,
                                     const torch::Tensor& slots) {
  const auto hidden = torch::gelu(encode_in_(torch::cat({chunks, slots}, -1)));
  return (chunks + encode_out_(hidden)) * mask;
}

torch::Tensor TokenizerModel::decode(const torch::Tensor& latents, const torch::Tensor& mask,
                                     const torch::Tensor& slots) {
  const auto masked = latents * mask;
  const auto hidden = torch::gelu(decode_in_(torch::cat({masked, slots}, -1)));
  return (masked + decode_out_(hidden)) * mask;
}

Tokenizer::Tokenizer(TokenizerConfig config, std::vector<Anchor> anchors, torch::Tensor reference_images)
    : config_(config),
      anchors_(std::move(anchors)),
      reference_images_(std::move(reference_images)),
      compute_(options_of(reference_images_)) {
  // Always the same start values: the parts that matter start at zero, and training has seeds of its own.
  auto generator = make_generator(0);
  model_ = std::make_shared<TokenizerModel>(config_, generator);
  model_->to(compute_.device, compute_.dtype);
  scale_places_ =
      torch::linspace(kLowestLogScale - scale_step(config_), kHighestLogScale, config_.scale_levels, compute_.floats());
  scale_factors_ = scale_places_.exp();
  scale_factors_[0] = 0;
}

const Anchor* Tokenizer::find_anchor(const std::string& architecture, const std::string& family) const {
  for (const Anchor& anchor : anchors_)
    if (anchor.description.architecture == architecture &&
        (family.empty() ? !anchor.independent : anchor.family == family))
      return &anchor;
  return nullptr;
}

torch::Tensor Tokenizer::images_for(const Executor& executor) const {
  return reference_for(reference_images_, executor.description().input.shape, images_within_budget(executor));
}

std::shared_ptr<const NetworkPlan> Tokenizer::plan(const NetworkDescription& description,
                                                   const std::string& family) const {
  expect_classification(description, "turn weights into tokens");
  return translate_torch_errors("prepare a network", [&] {
    const Anchor* anchor = find_anchor(description.architecture, family);
    const std::string key = description.identity + (anchor ? anchor->family : std::string());
    {
      const std::lock_guard lock(cache_->mutex);
      if (const auto found = cache_->plans.find(key); found != cache_->plans.end()) return found->second;
    }
    torch::NoGradGuard no_grad;
    const Executor executor(description);
    const auto images = unlabelled(images_for(executor));
    const auto most = images_within_budget(executor), batch = std::min(most, kCalibrationBatch);
    Weights start = anchor ? map_anchor(anchor, description, compute_) : fresh_start(executor, images.images);
    // Running statistics are no tokens: they are the anchor's, and an anchor mapped to another depth has none that fit.
    Weights calibrated = recalibrate(executor, std::move(start), {&images}, /*seed=*/0, most / batch, batch);
    auto made = std::make_shared<const NetworkPlan>(description, anchor ? anchor->family : std::string(),
                                                    std::move(calibrated), config_.chunk, config_.vector_chunk);
    const std::lock_guard lock(cache_->mutex);
    return cache_->plans.emplace(key, std::move(made)).first->second;
  });
}

Weights Tokenizer::aligned(const NetworkPlan& plan, const Weights& weights) const {
  const Anchor* anchor = find_anchor(plan.description().architecture, plan.family());
  if (!anchor || !anchor->independent) return weights;
  std::vector<Weights> aligned;
  for (std::int64_t p = 0; p < weights.population(); ++p)
    aligned.push_back(align(plan.description(), weights.member(p), plan.anchor()));
  return concatenate(aligned);
}

Tokenizer::Normalised Tokenizer::normalise(const NetworkPlan& plan, const Weights& weights) const {
  return translate_torch_errors(
      "normalise weights",
      [&] {
        const torch::NoGradGuard no_grad;
        const Weights own = aligned(plan, weights);
        std::vector<torch::Tensor> chunks, levels;
        for (std::int64_t t = 0; t < plan.tensors(); ++t) {
          auto part = normalise(plan, t, own);
          chunks.push_back(std::move(part.chunks));
          levels.push_back(std::move(part.levels));
        }
        return Normalised{torch::cat(chunks, 1), torch::stack(levels, 1)};
      },
      "encode fewer networks at a time");
}

Tokenizer::Normalised Tokenizer::normalise(const NetworkPlan& plan, std::int64_t index, const Weights& own) const {
  const SlotTensor& tensor = plan.tensor(index);
  const auto deviation = plan.deviation(index, own);
  // 1e-9, far below the lowest level: a tensor that did not move from its anchor has no logarithm.
  const auto rms = (deviation * deviation).mean(1).sqrt();
  const auto relative = (rms / tensor.reference_scale).clamp_min(1e-9).log();
  const auto levels = ((relative - kLowestLogScale) / scale_step(config_) + 1)
                          .round()
                          .clamp(0, static_cast<double>(config_.scale_levels - 1))
                          .to(torch::kInt64);
  const auto scales = this->scales(levels) * tensor.reference_scale;
  const auto inverse = torch::where(levels > 0, scales.reciprocal(), torch::zeros_like(scales));
  const auto chunks = static_cast<std::int64_t>(tensor.slots) - 1;
  return {cut_chunks(tensor, deviation * inverse.unsqueeze(1), config_.chunk, 0, chunks), levels};
}

torch::Tensor Tokenizer::encode(const NetworkPlan& plan, const Weights& weights) const {
  return translate_torch_errors(
      "encode weights",
      [&] {
        const torch::NoGradGuard no_grad;
        const Weights own = aligned(plan, weights);
        const auto population = own.population();
        auto tokens = torch::zeros({population, plan.slots(), config_.codebooks}, compute_.indices());
        for (std::int64_t t = 0; t < plan.tensors(); ++t) {
          const auto range = slot_range(plan.layout(), t, 1);
          const Normalised normalised = normalise(plan, t, own);
          const auto mask = plan.mask(range).expand_as(normalised.chunks);
          const auto latents = model_->encode(normalised.chunks, mask, embed_chunks(plan, range, population));
          const auto codes =
              model_->quantizer->quantise(latents.reshape({-1, config_.chunk}), mask.reshape({-1, config_.chunk}));
          tokens.narrow(1, range.slot + 1, range.chunks).copy_(codes.view({population, -1, config_.codebooks}));
          // One level says all there is to say about a scale; the other places of its slot stay zero.
          tokens.select(1, range.slot).select(1, 0).copy_(normalised.levels);
        }
        return tokens;
      },
      "encode fewer networks at a time");
}

// The chunk slots of a range as encoder and decoder see them: [P, chunks, 64].
torch::Tensor Tokenizer::embed_chunks(const NetworkPlan& plan, const SlotRange& range, std::int64_t population) const {
  const auto chunks = plan.chunk_slots().narrow(0, range.chunk, range.chunks) - range.slot;
  return model_->embed_slots(plan.features(range).index_select(0, chunks)).unsqueeze(0).expand({population, -1, -1});
}

torch::Tensor Tokenizer::latents(const NetworkPlan& plan, const torch::Tensor& tokens, std::int64_t stages) const {
  return model_->quantizer->lookup(tokens.index_select(1, plan.chunk_slots()), stages) * plan.mask();
}

torch::Tensor Tokenizer::scales(const NetworkPlan& plan, const torch::Tensor& tokens) const {
  return scales(tokens.select(2, 0).index_select(1, plan.scale_slots()).clamp(0, config_.scale_levels - 1));
}

torch::Tensor Tokenizer::scales(const torch::Tensor& levels) const {
  return scale_factors_.index_select(0, levels.flatten()).view(levels.sizes());
}

Weights Tokenizer::assemble(const NetworkPlan& plan, const torch::Tensor& latents, const torch::Tensor& scales) const {
  return translate_torch_errors(
      "decode tokens",
      [&] {
        const auto slots = embed_chunks(plan, plan.all(), latents.size(0));
        return plan.weights(model_->decode(latents, plan.mask().expand_as(latents), slots), scales);
      },
      "decode fewer networks at a time");
}

Weights Tokenizer::decode(const NetworkPlan& plan, const torch::Tensor& tokens, std::int64_t stages) const {
  return translate_torch_errors(
      "decode tokens",
      [&] {
        const torch::NoGradGuard no_grad;
        const auto population = tokens.size(0);
        const auto scales = this->scales(plan, tokens);
        Weights out = plan.anchor();
        for (std::int64_t t = 0; t < plan.tensors(); ++t) {
          std::vector<torch::Tensor> chunks;
          for (const SlotRange& range : slot_parts(plan.layout(), t, kSlotsAtATime)) {
            const auto codes = tokens.narrow(1, range.slot + range.scales(), range.chunks);
            const auto latents = model_->quantizer->lookup(codes, stages) * plan.mask(range);
            const auto mask = plan.mask(range).expand_as(latents);
            chunks.push_back(model_->decode(latents, mask, embed_chunks(plan, range, population)));
          }
          out.tensors[plan.tensor(t).parameter] = plan.values(t, torch::cat(chunks, 1), scales.select(1, t));
        }
        const auto& parameters = plan.description().parameters;
        for (std::size_t p = 0; p < parameters.size(); ++p)
          if (!parameters[p].trainable) out.tensors[p] = out.tensors[p].repeat_interleave(population, 0);
        return out;
      },
      "decode fewer networks at a time");
}

double Tokenizer::bits_per_weight(const NetworkPlan& plan, std::int64_t stages) const {
  const double used = static_cast<double>(stages > 0 ? stages : config_.codebooks);
  const double bits = static_cast<double>(plan.chunk_slots().size(0)) * used * std::log2(config_.codes) +
                      static_cast<double>(plan.tensors()) * std::log2(config_.scale_levels);
  return bits / static_cast<double>(plan.layout().values);
}

namespace {

TensorMap tokenizer_tensors(const Tokenizer& tokenizer) {
  TensorMap tensors;
  collect_parameters(tokenizer.model(), "model.", tensors);
  tensors["reference_images"] = to_host(tokenizer.reference_images());
  for (const Anchor& anchor : tokenizer.anchors())
    for (auto& [name, tensor] : to_tensor_map(anchor.description, anchor.weights))
      tensors["anchor." + anchor.family + ":" + name] = std::move(tensor);
  return tensors;
}

Json tokenizer_json(const Tokenizer& tokenizer) {
  Json anchors = Json::array();
  for (const Anchor& anchor : tokenizer.anchors())
    anchors.push_back({{"family", anchor.family},
                       {"independent", anchor.independent},
                       {"config", anchor.config},
                       {"ranges", anchor.ranges},
                       {"description", to_json(anchor.description)}});
  return {{"schema", kSchema}, {"shape", to_json(tokenizer.config())}, {"anchors", anchors}};
}

TokenizerConfig config_of(const Json& shape, const TensorMap& tensors) {
  ConfigReader reader(shape, "shape");
  const TokenizerConfig config = read_tokenizer_config(reader);
  reader.finish();
  // Before anything is allocated: a model takes no more memory than its file.
  check_tensor(tensors, "model.quantizer.codebooks", {config.codebooks, config.codes, config.chunk});
  check_tensor(tensors, "model.encode_in.weight", {config.hidden, config.chunk + kSlotWidth});
  return config;
}

Anchor anchor_of(const Json& entry, const TensorMap& tensors) {
  Anchor anchor{entry.at("family"),
                parse_description(entry.at("description").dump()),
                {},
                entry.at("independent"),
                entry.at("config"),
                entry.at("ranges")};
  if (!anchor.config.is_object())
    throw Error(ErrorCode::kRefused, "tokenizer.malformed", "the configuration of an anchor is no object",
                anchor.config.dump());
  ConfigRanges(anchor.ranges, "ranges");
  TensorMap own;
  const std::string prefix = "anchor." + anchor.family + ":";
  for (const ParameterSpec& parameter : anchor.description.parameters)
    if (const auto found = tensors.find(prefix + parameter.name); found != tensors.end())
      own.insert({parameter.name, found->second});
  anchor.weights = to_weights(anchor.description, own);
  return anchor;
}

void check_reference_images(const TensorMap& tensors) {
  const auto found = tensors.find("reference_images");
  if (found == tensors.end() || found->second.shape.size() != 4 || element_count(found->second.shape) == 0 ||
      (found->second.dtype != DType::kF32 && found->second.dtype != DType::kF64))
    throw Error(ErrorCode::kRefused, "tokenizer.malformed", "there are no reference images",
                "'reference_images' must be a tensor [N, C, H, W] of floating point numbers");
}

Error malformed(const std::filesystem::path& path, const std::string& why) {
  return Error(ErrorCode::kRefused, "tokenizer.malformed", "cannot read tokenizer '" + path.string() + "'", why,
               "make it again with `weightloom tokenizer train`")
      .at(path.string());
}

}  // namespace

const std::string& Tokenizer::id() const {
  std::call_once(cache_->hashed, [&] {
    Sha256 hash;
    hash.update(tokenizer_json(*this).dump());
    for (const auto& [name, tensor] : tokenizer_tensors(*this))
      hash.update(name).update(tensor.bytes.data(), tensor.bytes.size());
    cache_->id = to_hex(hash.finish());
  });
  return cache_->id;
}

SafetensorsFile Tokenizer::to_file(const Json& training) const {
  return {tokenizer_tensors(*this),
          {{"weightloom.tokenizer", tokenizer_json(*this).dump()}, {"weightloom.training", training.dump()}},
          {}};
}

void Tokenizer::save(const std::filesystem::path& path, const Json& training) const {
  const SafetensorsFile file = to_file(training);
  write_safetensors(path, file.tensors, file.metadata);
}

Tokenizer Tokenizer::with_anchor(Anchor anchor) const {
  std::vector<Anchor> anchors = anchors_;
  std::erase_if(anchors, [&](const Anchor& other) { return other.family == anchor.family; });
  anchors.push_back(std::move(anchor));
  Tokenizer tokenizer(config_, std::move(anchors), reference_images_);
  tokenizer.model_ = model_;
  tokenizer.training_ = training_;
  return tokenizer;
}

Tokenizer Tokenizer::from_tensors(const Json& json, const TensorMap& tensors) {
  std::vector<Anchor> anchors;
  for (const Json& entry : json.at("anchors")) anchors.push_back(anchor_of(entry, tensors));
  const TokenizerConfig config = config_of(json.at("shape"), tensors);
  check_reference_images(tensors);
  Tokenizer tokenizer(config, std::move(anchors), to_torch(tensors.at("reference_images")));
  restore_parameters(*tokenizer.model_, "model.", tensors);
  return tokenizer;
}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  return from_file(read_safetensors(path), path);
}

Tokenizer Tokenizer::from_file(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata.find("weightloom.tokenizer");
  const std::string what = "tokenizer '" + path.string() + "'";
  const Json json = found == file.metadata.end() ? Json() : parse_json(found->second, what);
  if (!json.is_object() || json.value("schema", Json()) != kSchema)
    throw Error(ErrorCode::kRefused, "tokenizer.schema", "'" + path.string() + "' is not a tokenizer",
                "its metadata has no " + std::string(kSchema), "make one with `weightloom tokenizer train`")
        .at(path.string());
  try {
    Tokenizer tokenizer = translate_torch_errors("load a tokenizer", [&] { return from_tensors(json, file.tensors); });
    if (const auto training = file.metadata.find("weightloom.training"); training != file.metadata.end())
      tokenizer.training_ = parse_json(training->second, what);
    return tokenizer;
  } catch (const Json::exception& error) {
    throw malformed(path, error.what());
  } catch (const Error& error) {
    // A description that is none is kPlugin.
    if (error.code() != ErrorCode::kUsage && error.code() != ErrorCode::kRefused && error.code() != ErrorCode::kPlugin)
      throw;
    throw malformed(path, error.what());
  }
}

}  // namespace weightloom
