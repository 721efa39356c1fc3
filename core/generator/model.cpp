#include "weightloom/generator/model.hpp"

#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/generator/instruction.hpp"

namespace weightloom {
namespace {

void zero(Linear& layer) {
  torch::NoGradGuard no_grad;
  layer->weight.zero_();
  if (layer->bias.defined()) layer->bias.zero_();
}

// One index per row of logits [N, K].
torch::Tensor draw_codes(torch::Tensor logits, const SamplingOptions& options, torch::Generator& generator) {
  if (options.temperature <= 0) return logits.argmax(-1);
  logits = logits / options.temperature;
  if (options.top_k > 0 && options.top_k < logits.size(-1)) {
    const auto least = std::get<0>(logits.topk(options.top_k, -1)).select(-1, options.top_k - 1).unsqueeze(-1);
    logits = logits.masked_fill(logits < least, -INFINITY);
  }
  auto probabilities = logits.softmax(-1);
  if (options.top_p < 1) {
    const auto [sorted, order] = probabilities.sort(-1, /*descending=*/true);
    // Keep the most likely codes until their sum reaches top_p, the one that crosses it included.
    const auto kept = sorted * ((sorted.cumsum(-1) - sorted) < options.top_p).to(sorted.dtype());
    probabilities = torch::zeros_like(probabilities).scatter(-1, order, kept);
  }
  return torch::multinomial(probabilities, 1, false, generator).squeeze(-1);
}

torch::Tensor shift_right(const torch::Tensor& x) {
  return torch::cat({torch::zeros_like(x.narrow(1, 0, 1)), x.narrow(1, 0, x.size(1) - 1)}, 1);
}

}  // namespace

GeneratorConfig read_generator_config(ConfigReader& reader) {
  GeneratorConfig config;
  config.width = reader.integer("width", config.width, 8, 16384);
  config.layers = reader.integer("layers", config.layers, 1, 256);
  config.heads = reader.integer("heads", config.heads, 1, 256);
  if (config.width % config.heads != 0)
    throw Error(ErrorCode::kUsage, "config.value", reader.where() + ": key 'heads'",
                std::to_string(config.heads) + " does not divide width " + std::to_string(config.width));
  config.most_classes = reader.integer("most_classes", config.most_classes, 1, 100000);
  config.order = reader.choice("order", {"tensor", "chunk"}, "tensor") == "chunk" ? GenerationOrder::kChunk
                                                                                  : GenerationOrder::kTensor;
  return config;
}

Json to_json(const GeneratorConfig& config) {
  return {{"width", config.width},
          {"layers", config.layers},
          {"heads", config.heads},
          {"most_classes", config.most_classes},
          {"order", config.order == GenerationOrder::kChunk ? "chunk" : "tensor"}};
}

GeneratorModel::GeneratorModel(GeneratorConfig config, std::shared_ptr<const Tokenizer> tokenizer,
                               torch::Generator& generator)
    : config_(config), tokenizer_(std::move(tokenizer)) {
  const auto d = config_.width;
  const auto& codes = tokenizer_->config();
  const auto linear = [&](const char* name, std::int64_t in, std::int64_t out) {
    return register_module(name, Linear(in, out, generator));
  };
  const auto embedding = [&](const char* name, std::int64_t count) {
    auto made = register_module(name, Embedding(count, d, generator));
    torch::NoGradGuard no_grad;
    made->weight.mul_(0.3);  // sums of several of them should start at about unit size
    return made;
  };
  network_ = linear("network", kNetworkFeatures + 3, d);
  see_in_ = linear("see_in", kThumbnail, 2 * d);
  see_out_ = linear("see_out", 2 * d, d);
  slot_in_ = linear("slot_in", kSlotFeatures, d);
  slot_out_ = linear("slot_out", d, d);
  class_to_slot_ = linear("class_to_slot", d, d);
  anchor_in_ = linear("anchor_in", codes.chunk, d);
  evidence_in_ = linear("evidence_in", codes.chunk, d);
  code_in_ = linear("code_in", codes.chunk, d);
  latent_out_ = linear("latent_out", d, codes.chunk);
  evidence_skip_ = register_module("evidence_skip", Linear(codes.chunk, codes.chunk, generator, /*with_bias=*/false));
  code_up_ = linear("code_up", codes.chunk, d);
  imagine_in_ = linear("imagine_in", d, 2 * d);
  imagine_out_ = linear("imagine_out", 2 * d, codes.chunk);
  scale_mean_ = linear("scale_mean", d, 1);
  scale_free_ = linear("scale_free", d, codes.scale_levels);
  word_key_ = linear("word_key", d, d);
  word_value_ = linear("word_value", d, d);
  word_out_ = linear("word_out", d, d);
  branch_ = embedding("branch", kBranchBuckets);
  class_ = embedding("class", config_.most_classes);
  word_ = embedding("word", kVocabulary);
  word_place_ = embedding("word_place", kInstructionWords);
  scale_in_ = embedding("scale_in", codes.scale_levels);
  for (std::int64_t q = 0; q < codes.codebooks; ++q) {
    free_.push_back(register_module("free" + std::to_string(q), Linear(d, codes.codes, generator)));
    zero(free_.back());
  }
  unwritten_ = register_parameter("unwritten", torch::zeros({d}, ComputeOptions().floats()));
  // Exact distances would be far too sure at the start: a code says where a chunk is to within its own size, not
  // better.
  sharpness_ = register_parameter("sharpness", torch::full({codes.codebooks}, -1.0, ComputeOptions().floats()));
  scale_sharpness_ = register_parameter("scale_sharpness", torch::zeros({1}, ComputeOptions().floats()));
  body_ = register_module("body", std::make_shared<Transformer>(d, config_.layers, config_.heads, generator));

  torch::NoGradGuard no_grad;
  zero(latent_out_);
  zero(scale_mean_);
  zero(scale_free_);
  scale_mean_->bias.fill_(-1.0);  // log: members lie well within a reference scale of their anchors
  // A head starts out as what the evidence says.
  evidence_skip_->weight.copy_(torch::eye(codes.chunk, ComputeOptions().floats()));
}

GeneratorModel::Prepared GeneratorModel::prepare(const NetworkPlan& plan, const Condition& condition) {
  const auto batch = condition.batch, classes = condition.classes;
  if (classes > config_.most_classes)
    throw Error(ErrorCode::kUsage, "generator.classes", "cannot generate for " + std::to_string(classes) + " classes",
                "this generator was made for at most " + std::to_string(config_.most_classes));
  Prepared out;
  const auto class_places = class_(torch::arange(classes, indices_like(plan.mask())));
  auto class_tokens = class_places.unsqueeze(0).expand({batch, -1, -1});
  if (condition.thumbnails.defined()) {
    out.image_classes = see_out_(torch::gelu(see_in_(condition.thumbnails)));
    class_tokens = class_tokens + out.image_classes;
  }
  if (condition.words.defined()) {
    const auto words =
        word_(condition.words) + word_place_(torch::arange(condition.words.size(1), condition.words.options())) * 0.3;
    const auto hidden = (condition.words == 0).unsqueeze(1);  // [B, 1, W]
    const auto scores =
        class_places.matmul(word_key_(words).transpose(1, 2)) / std::sqrt(static_cast<double>(config_.width));
    const auto read = scores.masked_fill(hidden, -1e9).softmax(-1).matmul(word_value_(words));
    out.word_classes = word_out_(torch::gelu(read + class_places));
    if (!condition.thumbnails.defined()) class_tokens = class_tokens + out.word_classes;
  }
  const auto evidence_scale =
      condition.evidence_scale.defined() ? condition.evidence_scale : torch::zeros({batch, 2}, plan.mask().options());
  const auto network = torch::cat({plan.network_features().unsqueeze(0).expand({batch, -1}),
                                   (condition.quality - 0.5).unsqueeze(1), evidence_scale * 0.3},
                                  1);
  out.prefix = torch::cat({network_(network).unsqueeze(1), class_tokens}, 1);

  const auto chunks = plan.chunk_slots();
  const auto features = slot_out_(torch::gelu(slot_in_(plan.features()) + branch_(plan.branches())));
  auto known = features.index_add(0, chunks, anchor_in_(plan.anchor_chunks()));
  auto slots = known.unsqueeze(0).expand({batch, -1, -1});
  const auto rows = (plan.class_rows() >= 0).nonzero().flatten();
  if (rows.size(0) > 0 && plan.description().classes <= classes) {
    const auto of_row = class_tokens.index_select(1, plan.class_rows().index_select(0, rows));
    slots = slots.index_add(1, rows, class_to_slot_(of_row));
    out.head_chunks = torch::searchsorted(chunks, rows);
    // Without images there is no evidence, and learning a head by heart is slow (docs/lab/0001). The model imagines
    // what examples would say, and is corrected wherever it has them.
    out.imagined = imagine_out_(torch::gelu(imagine_in_(slots.index_select(1, rows)))) *
                   plan.mask().index_select(0, out.head_chunks);
  }
  out.evidence = condition.evidence;
  if (!out.evidence.defined() && out.imagined.defined())
    out.evidence = torch::zeros({batch, chunks.size(0), tokenizer_->config().chunk}, out.imagined.options())
                       .index_add(1, out.head_chunks, out.imagined);
  if (out.evidence.defined()) slots = slots.index_add(1, chunks, evidence_in_(out.evidence));
  out.slots = slots;
  return out;
}

torch::Tensor GeneratorModel::embed_tokens(const NetworkPlan& plan, const torch::Tensor& tokens, std::int64_t first,
                                           std::int64_t count) {
  const auto within = [&](const torch::Tensor& slots) {
    return ((slots >= first) & (slots < first + count)).nonzero().flatten();
  };
  const auto of_chunk = within(plan.chunk_slots());
  const auto chunks = plan.chunk_slots().index_select(0, of_chunk);
  const auto scales = plan.scale_slots().index_select(0, within(plan.scale_slots()));
  const auto latents = tokenizer_->model().quantizer->lookup(tokens.index_select(1, chunks));
  const auto mask = plan.mask().index_select(0, of_chunk);
  const auto levels = tokens.select(2, 0).index_select(1, scales).clamp(0, tokenizer_->config().scale_levels - 1);
  return torch::zeros({tokens.size(0), count, config_.width}, plan.mask().options())
      .index_add(1, chunks - first, code_in_(latents * mask))
      .index_add(1, scales - first, scale_in_(levels));
}

// What stands at a slot's position: the slot itself, and the token before it where that may be read.
torch::Tensor GeneratorModel::inputs(const torch::Tensor& slots, const torch::Tensor& previous,
                                     const torch::Tensor& previous_visible) const {
  return slots + torch::where(previous_visible.view({1, -1, 1}), previous, unwritten_.view({1, 1, -1}));
}

torch::Tensor GeneratorModel::hidden(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& tokens,
                                     const torch::Tensor& visible) {
  const auto previous = shift_right(embed_tokens(plan, tokens, 0, plan.slots()));
  const auto before = torch::cat({torch::zeros({1}, visible.options()), visible.narrow(0, 0, visible.size(0) - 1)});
  const auto prefix = prepared.prefix.size(1);
  const auto x = torch::cat({prepared.prefix, inputs(prepared.slots, previous, before)}, 1);
  return body_->forward(x, prefix).narrow(1, prefix, plan.slots());
}

torch::Tensor GeneratorModel::predicted_latent(const torch::Tensor& hidden, const torch::Tensor& evidence,
                                               const torch::Tensor& mask) {
  auto latent = latent_out_(hidden);
  if (evidence.defined()) latent = latent + evidence_skip_(evidence);
  return latent * mask;
}

// The logits of a stage lean on the geometry of its codebook: codes close to what is still missing are likely, and the
// model only has to learn where it wants to be. `state` adds what geometry cannot say.
torch::Tensor GeneratorModel::stage_logits(std::int64_t stage, const torch::Tensor& left, const torch::Tensor& mask,
                                           const torch::Tensor& state) {
  const auto geometry = tokenizer_->model().quantizer->scores(left, mask, stage);
  return geometry * sharpness_[stage].exp() + free_[static_cast<std::size_t>(stage)](state);
}

torch::Tensor GeneratorModel::scale_logits(const torch::Tensor& hidden) {
  const auto distance = tokenizer_->scale_levels() - scale_mean_(hidden);
  // exp(2) at the start: a standard deviation of a quarter, two levels of 64.
  return scale_free_(hidden) - distance * distance * (scale_sharpness_ + 2.0).exp();
}

GeneratorModel::Draft GeneratorModel::draft(const NetworkPlan& plan, const Prepared& prepared,
                                            const torch::Tensor& hidden, const Choice& choose) {
  const auto chunks = hidden.index_select(1, plan.chunk_slots());
  const auto mask = plan.mask();
  auto left = predicted_latent(chunks, prepared.evidence, mask);
  auto state = chunks;
  torch::Tensor latents;
  for (std::int64_t stage = 0; stage < tokenizer_->config().codebooks; ++stage) {
    const auto chosen =
        choose(stage_logits(stage, left, mask, state)).matmul(tokenizer_->model().quantizer->codebooks()[stage]) * mask;
    latents = stage == 0 ? chosen : latents + chosen;
    left = left - chosen;
    state = state + code_up_(chosen);
  }
  const auto scales =
      choose(scale_logits(hidden.index_select(1, plan.scale_slots()))).matmul(tokenizer_->scale_levels());
  return {latents, scales};
}

GeneratorModel::Draft GeneratorModel::expected(const NetworkPlan& plan, const Prepared& prepared,
                                               const torch::Tensor& hidden) {
  return draft(plan, prepared, hidden, [](const torch::Tensor& logits) { return logits.softmax(-1); });
}

GeneratorModel::Draft GeneratorModel::drawn(const NetworkPlan& plan, const Prepared& prepared,
                                            const torch::Tensor& hidden, double temperature,
                                            torch::Generator& generator) {
  return draft(plan, prepared, hidden, [&](const torch::Tensor& logits) {
    auto noisy = logits.detach();
    if (temperature > 0) {
      // The Gumbel trick: the largest of logits plus noise is a draw from their softmax. Clamped to where float32 tells
      // 0 and 1 apart from what is drawn.
      const auto uniform = torch::rand(logits.sizes(), generator, noisy.options()).clamp(1e-9, 1 - 1e-7);
      noisy = noisy - (-uniform.log()).log() * temperature;
    }
    const auto soft = logits.softmax(-1);
    const auto hard = torch::zeros_like(soft).scatter_(-1, noisy.argmax(-1, true), 1.0);
    return hard + (soft - soft.detach());
  });
}

GeneratorModel::CodeLoss GeneratorModel::code_loss(const NetworkPlan& plan, const Prepared& prepared,
                                                   const torch::Tensor& hidden, const torch::Tensor& tokens,
                                                   const torch::Tensor& where) {
  const auto chunk_where = where.index_select(0, plan.chunk_slots()).nonzero().flatten();
  const auto scale_where = where.index_select(0, plan.scale_slots()).nonzero().flatten();
  const auto scale_slots = plan.scale_slots().index_select(0, scale_where);
  const auto scale_entropy = torch::cross_entropy_loss(scale_logits(hidden.index_select(1, scale_slots)).flatten(0, 1),
                                                       tokens.select(2, 0).index_select(1, scale_slots).flatten());
  const auto slots = plan.chunk_slots().index_select(0, chunk_where);
  const auto mask = plan.mask().index_select(0, chunk_where);
  const auto targets = tokens.index_select(1, slots);  // [B, m, Q]
  const auto chunks = hidden.index_select(1, slots);
  const auto evidence = prepared.evidence.defined() ? prepared.evidence.index_select(1, chunk_where) : torch::Tensor();
  auto left = predicted_latent(chunks, evidence, mask);
  const auto& quantizer = *tokenizer_->model().quantizer;
  const auto gap = left - quantizer.lookup(targets) * mask;
  const auto latent_error = (gap * gap).sum() / (mask.sum() * static_cast<double>(tokens.size(0)));
  auto state = chunks;
  // A network has a dozen scales and thousands of codes; 0.2 keeps their mean from outweighing the codes'.
  torch::Tensor entropy = scale_entropy * 0.2;
  const auto stages = tokenizer_->config().codebooks;
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    const auto target = targets.select(2, stage);
    entropy =
        entropy + torch::cross_entropy_loss(stage_logits(stage, left, mask, state).flatten(0, 1), target.flatten()) /
                      static_cast<double>(stages);
    const auto code = torch::embedding(quantizer.codebooks()[stage], target) * mask;
    left = left - code;
    state = state + code_up_(code);
  }
  return {entropy, latent_error};
}

torch::Tensor GeneratorModel::sample(const NetworkPlan& plan, const Prepared& prepared, const SamplingOptions& options,
                                     std::int64_t tensors) {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(options.seed);
  const auto batch = prepared.prefix.size(0), slots = plan.slots();
  auto tokens = torch::zeros({batch, slots, tokenizer_->config().codebooks}, tokenizer_->compute().indices());
  const auto count = tensors < 0 ? plan.tensors() : tensors;
  if (count == 0) return tokens;
  const auto& layout = plan.layout();
  const std::int64_t end = count == plan.tensors()
                               ? slots
                               : static_cast<std::int64_t>(layout.tensors[static_cast<std::size_t>(count)].first_slot);

  // hidden [B, n, D] of slots first .. first + n - 1
  const auto write_slots = [&](std::int64_t first, const torch::Tensor& hidden) {
    for (std::int64_t s = first; s < first + hidden.size(1); ++s)
      if (layout.slots[static_cast<std::size_t>(s)].kind == Slot::Kind::kScale) {
        const auto levels = draw_codes(scale_logits(hidden.select(1, s - first)), options, generator);
        tokens.select(1, s).select(1, 0).copy_(levels);
      }
    const auto of_chunk =
        ((plan.chunk_slots() >= first) & (plan.chunk_slots() < first + hidden.size(1))).nonzero().flatten();
    if (of_chunk.size(0) == 0) return;
    const auto places = plan.chunk_slots().index_select(0, of_chunk);
    const auto mask = plan.mask().index_select(0, of_chunk);
    const auto evidence = prepared.evidence.defined() ? prepared.evidence.index_select(1, of_chunk) : torch::Tensor();
    auto state = hidden.index_select(1, places - first);
    auto left = predicted_latent(state, evidence, mask);
    for (std::int64_t stage = 0; stage < tokenizer_->config().codebooks; ++stage) {
      const auto logits = stage_logits(stage, left, mask, state);
      const auto codes = draw_codes(logits.flatten(0, 1), options, generator).view({batch, -1});
      const auto chosen = torch::embedding(tokenizer_->model().quantizer->codebooks()[stage], codes) * mask;
      left = left - chosen;
      state = state + code_up_(chosen);
      tokens.select(2, stage).index_copy_(1, places, codes);
    }
  };

  // A position is final once the token before it is written; final positions stay in the cache, the others are computed
  // again with the next tensor.
  AttentionCache cache;
  body_->extend(prepared.prefix, cache, prepared.prefix.size(1), prepared.prefix.size(1));
  // At s: the embedded tokens of slot s - 1.
  auto previous = torch::zeros({batch, slots + 1, config_.width}, prepared.slots.options());
  std::int64_t settled = 0;
  for (std::int64_t first = 0; first < end;) {
    const auto& tensor = layout.tensors[layout.slots[static_cast<std::size_t>(first)].tensor];
    const std::int64_t next = config_.order == GenerationOrder::kChunk
                                  ? first + 1
                                  : static_cast<std::int64_t>(tensor.first_slot + tensor.slots);
    const auto places = torch::arange(settled, next, tokens.options());
    const auto x = inputs(prepared.slots.narrow(1, settled, next - settled),
                          previous.narrow(1, settled, next - settled), (places <= first) & (places > 0));
    const auto hidden = body_->extend(x, cache, first + 1 - settled);
    write_slots(first, hidden.narrow(1, first - settled, next - first));
    previous.narrow(1, first + 1, next - first).copy_(embed_tokens(plan, tokens, first, next - first));
    settled = first + 1;
    first = next;
  }
  return tokens;
}

}  // namespace weightloom
