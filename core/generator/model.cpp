#include "weightloom/generator/model.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/generator/instruction.hpp"
#include "weightloom/training/loop.hpp"

namespace weightloom {
namespace {

// Slots that are written in one pass, whole blocks of them: what memory it takes beyond tokens and weights, about a
// hundred megabytes. A checkpoint every ten seconds or so of a large network.
constexpr std::int64_t kPartSlots = 64 * kBlockSlots, kCheckpointEvery = 16;

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
  code_mix_ = linear("code_mix", d, d);
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

// Which of the outputs each class is, [classes, D]. Beyond most_classes the embeddings come again, told apart by waves.
torch::Tensor GeneratorModel::place_classes(std::int64_t classes) {
  const auto index = torch::arange(classes, indices_like(unwritten_));
  const auto places = class_(index.remainder(config_.most_classes));
  if (classes <= config_.most_classes) return places;
  const auto round = index.div(config_.most_classes, "floor").to(places.scalar_type()).unsqueeze(1);
  // From every round to every few hundred.
  const auto frequencies = torch::linspace(0, -6, config_.width, places.options()).exp();
  return places + (round * frequencies).sin();
}

// The classes as all slots see them, [B, at most most_classes, D]: of very many, means, so that a slot costs no more.
torch::Tensor GeneratorModel::class_tokens(const torch::Tensor& classes) const {
  const auto count = classes.size(1), most = config_.most_classes;
  if (count <= most) return classes;
  const auto group = torch::arange(count, indices_like(classes)).remainder(most);
  const auto sums =
      torch::zeros({classes.size(0), most, classes.size(2)}, classes.options()).index_add(1, group, classes);
  return sums / torch::bincount(group, {}, most).to(classes.scalar_type()).view({1, -1, 1});
}

GeneratorModel::Prepared GeneratorModel::prepare(const NetworkPlan& plan, const Condition& condition) {
  const auto batch = condition.batch, classes = condition.classes;
  Prepared out;
  const auto class_places = place_classes(classes);
  out.classes = class_places.unsqueeze(0).expand({batch, -1, -1});
  if (condition.thumbnails.defined()) {
    out.image_classes = see_out_(torch::gelu(see_in_(condition.thumbnails)));
    out.classes = out.classes + out.image_classes;
  }
  if (condition.words.defined()) {
    const auto words =
        word_(condition.words) + word_place_(torch::arange(condition.words.size(1), condition.words.options())) * 0.3;
    const auto hidden = (condition.words == 0).unsqueeze(1);  // [B, 1, W]
    const auto scores =
        class_places.matmul(word_key_(words).transpose(1, 2)) / std::sqrt(static_cast<double>(config_.width));
    const auto read = scores.masked_fill(hidden, -1e9).softmax(-1).matmul(word_value_(words));
    out.word_classes = word_out_(torch::gelu(read + class_places));
    if (!condition.thumbnails.defined()) out.classes = out.classes + out.word_classes;
  }
  const auto evidence_scale =
      condition.evidence_scale.defined() ? condition.evidence_scale : torch::zeros({batch, 2}, plan.floats());
  const auto network = torch::cat({plan.network_features().unsqueeze(0).expand({batch, -1}),
                                   (condition.quality - 0.5).unsqueeze(1), evidence_scale * 0.3},
                                  1);
  out.prefix = torch::cat({network_(network).unsqueeze(1), class_tokens(out.classes)}, 1);
  out.evidence = condition.evidence;
  imagine(plan, out);
  return out;
}

// Without images there is no evidence, and learning a head by heart is slow (docs/lab/0001). The model imagines what
// examples would say, and is corrected wherever it has them.
void GeneratorModel::imagine(const NetworkPlan& plan, Prepared& prepared) {
  const auto rows = (plan.class_rows() >= 0).nonzero().flatten();
  if (rows.size(0) == 0 || plan.description().classes > prepared.classes.size(1)) return;
  prepared.head = plan.layout().slots[static_cast<std::size_t>(rows[0].item<std::int64_t>())].tensor;
  const auto range = slot_range(plan.layout(), static_cast<std::int64_t>(prepared.head), 1);
  const auto known = known_slots(plan, prepared.classes, range).index_select(1, rows - range.slot);
  prepared.imagined = imagine_out_(torch::gelu(imagine_in_(known))) * plan.mask(range);
  if (!prepared.evidence.empty()) return;
  prepared.evidence.resize(static_cast<std::size_t>(plan.tensors()));
  prepared.evidence[prepared.head] = prepared.imagined;
}

// [B, chunks, C], zero where there is none; undefined where there is none for the whole network.
torch::Tensor GeneratorModel::evidence_of(const NetworkPlan& plan, const Prepared& prepared,
                                          const SlotRange& range) const {
  if (prepared.evidence.empty()) return {};
  std::vector<torch::Tensor> parts;
  for (std::int64_t t = range.tensor; t < range.tensor + range.tensors; ++t) {
    const auto whole = slot_range(plan.layout(), t, 1);
    const auto begin = std::max(whole.chunk, range.chunk),
               end = std::min(whole.chunk + whole.chunks, range.chunk + range.chunks);
    const auto& of_tensor = prepared.evidence[static_cast<std::size_t>(t)];
    parts.push_back(of_tensor.defined() ? of_tensor.narrow(1, begin - whole.chunk, end - begin)
                                        : torch::zeros({prepared.prefix.size(0), end - begin, plan.layout().chunk},
                                                       prepared.prefix.options()));
  }
  return torch::cat(parts, 1);
}

// What description, anchor and classes say of each slot: [B, slots, D].
torch::Tensor GeneratorModel::known_slots(const NetworkPlan& plan, const torch::Tensor& classes,
                                          const SlotRange& range) {
  const auto chunks = plan.chunk_slots().narrow(0, range.chunk, range.chunks) - range.slot;
  const auto features = slot_out_(torch::gelu(slot_in_(plan.features(range))));
  const auto slots = features.index_add(0, chunks, anchor_in_(plan.anchor_chunks(range)))
                         .unsqueeze(0)
                         .expand({classes.size(0), -1, -1});
  const auto class_rows = plan.class_rows().narrow(0, range.slot, range.slots);
  const auto rows = (class_rows >= 0).nonzero().flatten();
  if (rows.size(0) == 0 || plan.description().classes > classes.size(1)) return slots;
  return slots.index_add(1, rows, class_to_slot_(classes.index_select(1, class_rows.index_select(0, rows))));
}

// The same with the evidence.
torch::Tensor GeneratorModel::slot_inputs(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range) {
  const auto slots = known_slots(plan, prepared.classes, range);
  const auto evidence = evidence_of(plan, prepared, range);
  if (!evidence.defined()) return slots;
  const auto chunks = plan.chunk_slots().narrow(0, range.chunk, range.chunks) - range.slot;
  return slots.index_add(1, chunks, evidence_in_(evidence));
}

// What is read of the tokens of each slot: [B, slots, D].
torch::Tensor GeneratorModel::embed_tokens(const NetworkPlan& plan, const torch::Tensor& tokens,
                                           const SlotRange& range) {
  const auto chunks = plan.chunk_slots().narrow(0, range.chunk, range.chunks);
  const auto scales = plan.scale_slots().narrow(0, range.tensor, range.scales());
  const auto mask = plan.mask(range);
  const auto latents = tokenizer_->model().quantizer->lookup(tokens.index_select(1, chunks)) * mask;
  const auto levels = tokens.select(2, 0).index_select(1, scales).clamp(0, tokenizer_->config().scale_levels - 1);
  return torch::zeros({tokens.size(0), range.slots, config_.width}, mask.options())
      .index_add(1, chunks - range.slot, code_in_(latents))
      .index_add(1, scales - range.slot, scale_in_(levels));
}

// What later tensors read of these: [B, tensors, D]. `slots`: of slot_inputs(). The first `written` of all tensors are
// read with their tokens.
torch::Tensor GeneratorModel::summaries(const NetworkPlan& plan, const torch::Tensor& slots,
                                        const torch::Tensor& tokens, const SlotRange& range, std::int64_t written) {
  const auto scales = plan.scale_slots().narrow(0, range.tensor, range.tensors) - range.slot;
  const auto known = slots.index_select(1, scales);
  const auto count = std::clamp<std::int64_t>(written - range.tensor, 0, range.tensors);
  const auto unread = unwritten_.view({1, 1, -1}).expand({slots.size(0), range.tensors - count, -1});
  if (count == 0) return known + unread;
  const auto part = slot_range(plan.layout(), range.tensor, count);
  const auto said = torch::gelu(embed_tokens(plan, tokens, part) + slots.narrow(1, 0, part.slots));
  const auto tensor = plan.slot_tensor().narrow(0, part.slot, part.slots) - part.tensor;
  const auto sums = torch::zeros({slots.size(0), count, config_.width}, slots.options()).index_add(1, tensor, said);
  const auto sizes = torch::bincount(tensor, {}, count).to(slots.dtype()).view({1, -1, 1});
  return known + torch::cat({code_mix_(sums / sizes), unread}, 1);
}

// The order kChunk: what each place reads of the slot before it in its block, [B, N, W, D]. `tokens` [B, slots, D] as
// embedded; undefined: nothing.
torch::Tensor GeneratorModel::previous(const SlotBlocks& blocks, const torch::Tensor& tokens) const {
  const auto nothing = unwritten_.view({1, 1, 1, -1});
  if (!tokens.defined()) return nothing;
  const auto own = blocks.blocks, before = own.roll(1, 1);
  auto starts = own.ne(before);
  starts.select(1, 0).fill_(true);
  return torch::where(starts.view({1, own.size(0), own.size(1), 1}), nothing, to_places(blocks, tokens).roll(1, 2));
}

torch::Tensor GeneratorModel::hidden(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& tokens,
                                     std::int64_t written) {
  const auto range = slot_range(plan.layout(), 0, plan.tensors());
  const auto slots = slot_inputs(plan, prepared, range);
  const auto prefix = prepared.prefix.size(1);
  AttentionCache context;
  body_->extend(torch::cat({prepared.prefix, summaries(plan, slots, tokens, range, written)}, 1), context, prefix);
  const auto blocks = make_slot_blocks(plan.layout(), range, tokens.options());
  // The prefix, and the tensors before its own.
  const auto seen =
      torch::cat({torch::full({prefix}, -1, tokens.options()), torch::arange(plan.tensors(), tokens.options())})
          .unsqueeze(0)
          .lt(blocks.tensors.view({-1, 1}));
  const bool in_order = config_.order == GenerationOrder::kChunk;
  auto x = to_places(blocks, slots);
  if (in_order)
    x = x + previous(blocks, written == plan.tensors() ? embed_tokens(plan, tokens, range) : torch::Tensor());
  return from_places(blocks, body_->blocks(x, own_block(blocks, in_order), context, seen));
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
  const auto distance = tokenizer_->scale_places() - scale_mean_(hidden);
  // exp(2) at the start: a standard deviation of a quarter, two levels of 64.
  return scale_free_(hidden) - distance * distance * (scale_sharpness_ + 2.0).exp();
}

GeneratorModel::Draft GeneratorModel::draft(const NetworkPlan& plan, const Prepared& prepared,
                                            const torch::Tensor& hidden, const Choice& choose) {
  const auto chunks = hidden.index_select(1, plan.chunk_slots());
  const auto mask = plan.mask();
  auto left = predicted_latent(chunks, evidence_of(plan, prepared, plan.all()), mask);
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
      choose(scale_logits(hidden.index_select(1, plan.scale_slots()))).matmul(tokenizer_->scale_factors());
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
  auto evidence = evidence_of(plan, prepared, plan.all());
  if (evidence.defined()) evidence = evidence.index_select(1, chunk_where);
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

// Draws the tokens of slots first .. first + n - 1 of a range within one tensor, whose last hidden states are [B, n,
// D].
void GeneratorModel::write_slots(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range,
                                 std::int64_t first, const torch::Tensor& hidden, const SamplingOptions& options,
                                 torch::Generator& generator, torch::Tensor& tokens) {
  auto state = hidden;
  if (first < range.scales()) {
    const auto levels = draw_codes(scale_logits(hidden.select(1, 0)), options, generator);
    tokens.select(1, range.slot).select(1, 0).copy_(levels);
    state = hidden.narrow(1, 1, hidden.size(1) - 1);
    first = 1;
  }
  const auto count = state.size(1);
  if (count == 0) return;
  auto part = range;
  part.slot += first;
  part.chunk += first - range.scales();
  part.slots = part.chunks = count;
  const auto mask = plan.mask(part);
  auto left = predicted_latent(state, evidence_of(plan, prepared, part), mask);
  for (std::int64_t stage = 0; stage < tokenizer_->config().codebooks; ++stage) {
    const auto logits = stage_logits(stage, left, mask, state);
    const auto codes = draw_codes(logits.flatten(0, 1), options, generator).view({hidden.size(0), -1});
    const auto chosen = torch::embedding(tokenizer_->model().quantizer->codebooks()[stage], codes) * mask;
    left = left - chosen;
    state = state + code_up_(chosen);
    tokens.select(2, stage).narrow(1, part.slot, count).copy_(codes);
  }
}

// Draws the tokens of a range within one tensor. `slots`: of slot_inputs().
void GeneratorModel::write_part(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range,
                                const torch::Tensor& slots, const AttentionCache& context,
                                const SamplingOptions& options, torch::Generator& generator, torch::Tensor& tokens) {
  const bool in_order = config_.order == GenerationOrder::kChunk;
  const auto blocks = make_slot_blocks(plan.layout(), range, tokens.options());
  const auto x = to_places(blocks, slots), own = own_block(blocks, in_order);
  if (!in_order)
    return write_slots(plan, prepared, range, 0, from_places(blocks, body_->blocks(x, own, context)), options,
                       generator, tokens);
  const auto width = x.size(2);
  // A row is read again for every slot of it.
  for (std::int64_t s = 0; s < range.slots; ++s) {
    const auto row = s / width;
    const auto read = x + previous(blocks, embed_tokens(plan, tokens, range));
    const auto hidden = body_->blocks(read.narrow(1, row, 1), own.narrow(0, row, 1), context);
    write_slots(plan, prepared, range, s, hidden.squeeze(1).narrow(1, s % width, 1), options, generator, tokens);
  }
}

torch::Tensor GeneratorModel::sample(const NetworkPlan& plan, const Prepared& prepared, const SamplingOptions& options,
                                     std::int64_t tensors, const Checkpoint& checkpoint, const ProgressSink& progress) {
  const torch::NoGradGuard no_grad;
  auto generator = make_generator(options.seed);
  auto tokens = torch::zeros({prepared.prefix.size(0), plan.slots(), tokenizer_->config().codebooks},
                             tokenizer_->compute().indices());
  std::vector<SlotRange> parts;
  for (std::int64_t t = 0; t < (tensors < 0 ? plan.tensors() : tensors); ++t)
    for (const SlotRange& part : slot_parts(plan.layout(), t, kPartSlots)) parts.push_back(part);
  const auto layers = static_cast<std::size_t>(config_.layers);
  AttentionCache context{std::vector<torch::Tensor>(layers), std::vector<torch::Tensor>(layers)};
  // Of the tensor at hand: what is known of it, [B, 1, D], and the sum of what its slots say, [B, D].
  torch::Tensor known, said;

  TrainingState state;
  state.keep("tokens", tokens);
  state.keep("draws", generator);
  state.keep("known", known);
  state.keep("said", said);
  for (std::size_t i = 0; i < layers; ++i) {
    state.keep("keys" + std::to_string(i), context.keys[i]);
    state.keep("values" + std::to_string(i), context.values[i]);
  }
  const auto begin = std::chrono::steady_clock::now();
  std::int64_t positions = 0;
  const auto write = [&](std::int64_t step) {
    const SlotRange& part = parts[static_cast<std::size_t>(step)];
    const auto whole = slot_range(plan.layout(), part.tensor, 1);
    if (step == 0) body_->extend(prepared.prefix, context, prepared.prefix.size(1));
    const auto slots = slot_inputs(plan, prepared, part);
    write_part(plan, prepared, part, slots, context, options, generator, tokens);
    const auto sum = torch::gelu(embed_tokens(plan, tokens, part) + slots).sum(1);
    if (part.slot == whole.slot) known = slots.narrow(1, 0, 1).clone();
    said = part.slot == whole.slot ? sum : said + sum;
    if (part.slot + part.slots == whole.slot + whole.slots)
      body_->extend(known + code_mix_(said / static_cast<double>(whole.slots)).unsqueeze(1), context);
    positions += part.slots * tokens.size(0);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    return Json{{"positions_per_second", static_cast<double>(positions) / elapsed.count()}};
  };
  run_steps({"generate", static_cast<std::int64_t>(parts.size()), 1, kCheckpointEvery}, checkpoint, state, write,
            progress);
  return tokens;
}

torch::Tensor GeneratorModel::sample_at_once(const NetworkPlan& plan, const Prepared& prepared,
                                             const SamplingOptions& options) {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(options.seed);
  auto tokens = torch::zeros({prepared.prefix.size(0), plan.slots(), tokenizer_->config().codebooks},
                             tokenizer_->compute().indices());
  const auto states = hidden(plan, prepared, tokens, 0);
  for (std::int64_t t = 0; t < plan.tensors(); ++t) {
    const auto range = slot_range(plan.layout(), t, 1);
    write_slots(plan, prepared, range, 0, states.narrow(1, range.slot, range.slots), options, generator, tokens);
  }
  return tokens;
}

}  // namespace weightloom
