#include "weightloom/tokenizer/training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kReferenceImages = 512, kBehaviourImages = 64, kBehaviourNetworks = 4;

// All chunks of all groups, with the global row of their slot's features.
struct ChunkPool {
  torch::Tensor chunks;  // [N, C]
  torch::Tensor slots;   // [N] int64, into the tables below
  torch::Tensor features, branches, masks;
};

ChunkPool pool_chunks(const Tokenizer& tokenizer, const std::vector<MemberGroup>& groups,
                      std::vector<torch::Tensor>& chunks_of_group) {
  std::vector<torch::Tensor> chunks, slots, features, branches, masks;
  std::int64_t first = 0;
  for (const MemberGroup& group : groups) {
    const NetworkPlan& plan = *group.plan;
    auto normalised = tokenizer.normalise(plan, group.weights).chunks;
    const auto population = normalised.size(0), count = normalised.size(1);
    chunks_of_group.push_back(normalised);
    chunks.push_back(normalised.reshape({-1, normalised.size(2)}));
    slots.push_back(torch::arange(first, first + count, torch::kInt64).repeat({population}));
    features.push_back(plan.features().index_select(0, plan.chunk_slots()));
    branches.push_back(plan.branches().index_select(0, plan.chunk_slots()));
    masks.push_back(plan.mask());
    first += count;
  }
  return {torch::cat(chunks), torch::cat(slots), torch::cat(features), torch::cat(branches), torch::cat(masks)};
}

torch::Tensor masked_error(const torch::Tensor& difference, const torch::Tensor& mask) {
  const auto masked = difference * mask;
  return (masked * masked).sum() / mask.sum();
}

// Divergence between what the original network and the decoded one say about the reference images.
torch::Tensor behaviour_loss(const Tokenizer& tokenizer, const MemberGroup& group, const torch::Tensor& chunks,
                             double temperature, torch::Generator& generator) {
  const NetworkPlan& plan = *group.plan;
  const auto members = torch::randint(group.weights.population(), {kBehaviourNetworks}, generator, torch::kInt64);
  const auto images = tokenizer.reference_images().index_select(
      0, torch::randint(tokenizer.reference_images().size(0), {kBehaviourImages}, generator, torch::kInt64));
  TokenizerModel& model = tokenizer.model();
  const auto slots = model.embed_slots(plan.features(), plan.branches())
                         .index_select(0, plan.chunk_slots())
                         .unsqueeze(0)
                         .expand({kBehaviourNetworks, -1, -1});
  const auto picked = chunks.index_select(0, members);
  const auto mask = plan.mask().expand_as(picked);
  const auto dimension = picked.size(2);
  const auto latents = model.encode(picked, mask, slots);
  const auto quantised =
      model.quantizer->train_step(latents.reshape({-1, dimension}), mask.reshape({-1, dimension}), temperature);
  const auto originals = group.weights.select(members);
  const auto log_scales = (plan.tensor_rms(plan.deviations(originals)) / plan.reference_scales()).clamp_min(1e-9).log();
  const auto decoded = tokenizer.assemble(plan, quantised.quantised.view(picked.sizes()), log_scales);
  constexpr ExecutionMode kBatch{ExecutionMode::Norm::kBatch};
  torch::Tensor target;
  {
    torch::NoGradGuard no_grad;
    target = plan.executor().forward(originals, images, kBatch).softmax(-1);
  }
  const auto said = plan.executor().forward(decoded, images, kBatch).log_softmax(-1);
  return (target * (target.clamp_min(1e-9).log() - said)).sum(-1).mean();
}

}  // namespace

TokenizerTraining parse_tokenizer_training(const Json& table, const std::string& where) {
  ConfigReader read(table, where);
  TokenizerTraining out;
  TokenizerConfig& config = out.config;
  config.chunk = read.integer("chunk", config.chunk, 4, 65536);
  config.vector_chunk = read.integer("vector_chunk", config.vector_chunk, 1, config.chunk);
  config.codebooks = read.integer("codebooks", config.codebooks, 1, 64);
  config.codes = read.integer("codes", config.codes, 2, 32768);
  config.scale_levels = read.integer("scale_levels", config.scale_levels, 2, 4096);
  config.hidden = read.integer("hidden", config.hidden, 1, 65536);
  const std::string quantizer = read.text("quantizer", "ema");
  if (quantizer != "ema" && quantizer != "gumbel")
    throw Error(ErrorCode::kUsage, "config.value", where + ": key 'quantizer'", "'" + quantizer + "' is not known",
                "use \"ema\" or \"gumbel\"");
  config.quantizer = quantizer == "ema" ? QuantizerKind::kEma : QuantizerKind::kGumbel;
  out.steps = read.integer("steps", out.steps, 0, 100000000);
  out.batch = read.integer("batch", out.batch, 1, 1 << 20);
  out.learning_rate = read.number("learning_rate", out.learning_rate, 0, 10);
  out.commitment = read.number("commitment", out.commitment, 0, 1000);
  out.behaviour = read.number("behaviour", out.behaviour, 0, 1000);
  out.seed = static_cast<std::uint64_t>(read.integer("seed", 0, 0, INT64_MAX));
  read.finish();
  return out;
}

Json to_json(const TokenizerTraining& options) {
  const TokenizerConfig& config = options.config;
  return {{"chunk", config.chunk},
          {"vector_chunk", config.vector_chunk},
          {"codebooks", config.codebooks},
          {"codes", config.codes},
          {"scale_levels", config.scale_levels},
          {"hidden", config.hidden},
          {"quantizer", config.quantizer == QuantizerKind::kEma ? "ema" : "gumbel"},
          {"steps", options.steps},
          {"batch", options.batch},
          {"learning_rate", options.learning_rate},
          {"commitment", options.commitment},
          {"behaviour", options.behaviour},
          {"seed", options.seed}};
}

torch::Tensor draw_reference_images(DataCache& data, const std::vector<std::string>& sources, std::uint64_t seed) {
  auto generator = make_generator(derive_seed(seed, "reference images"));
  std::vector<torch::Tensor> parts;
  for (const std::string& source : sources)
    parts.push_back(
        draw(data.get(source)->train, kReferenceImages / static_cast<std::int64_t>(sources.size()), generator).images);
  return torch::cat(parts);
}

Tokenizer train_tokenizer(Tokenizer tokenizer, const std::vector<MemberGroup>& groups, const TokenizerTraining& options,
                          const ProgressSink& progress) {
  if (groups.empty())
    throw Error(ErrorCode::kUsage, "tokenizer.no_members", "there is nothing to train the tokenizer on",
                "the zoo holds no record with split 'train'", "grow some with `weightloom zoo grow`");
  std::vector<torch::Tensor> chunks_of_group;
  const ChunkPool pool = pool_chunks(tokenizer, groups, chunks_of_group);
  auto generator = make_generator(derive_seed(options.seed, "tokenizer"));
  torch::manual_seed(derive_seed(options.seed, "gumbel"));

  const auto take = [&](std::int64_t count) {
    return torch::randint(pool.chunks.size(0), {count}, generator, torch::kInt64);
  };
  TokenizerModel& model = tokenizer.model();
  {
    const auto rows = take(std::min<std::int64_t>(pool.chunks.size(0), 40000));
    model.quantizer->initialise(pool.chunks.index_select(0, rows),
                                pool.masks.index_select(0, pool.slots.index_select(0, rows)),
                                derive_seed(options.seed, "k-means"));
  }
  torch::optim::AdamW optimizer(model.parameters(),
                                torch::optim::AdamWOptions(options.learning_rate).weight_decay(0.01));
  double smoothed = 0, smoothed_behaviour = 0;
  for (std::int64_t step = 0; step < options.steps; ++step) {
    throw_if_interrupted();
    const double done = static_cast<double>(step) / static_cast<double>(options.steps);
    const double temperature = std::exp(done * std::log(1e-3));  // from 1 down, as the paper's schedule ends
    for (auto& group : optimizer.param_groups())
      static_cast<torch::optim::AdamWOptions&>(group.options()).lr(options.learning_rate * (1 - done));
    const auto rows = take(options.batch);
    const auto slot = pool.slots.index_select(0, rows);
    const auto chunks = pool.chunks.index_select(0, rows), mask = pool.masks.index_select(0, slot);
    const auto slots = model.embed_slots(pool.features.index_select(0, slot), pool.branches.index_select(0, slot));
    const auto latents = model.encode(chunks, mask, slots);
    const auto quantised = model.quantizer->train_step(latents, mask, temperature);
    const auto reconstruction = masked_error(model.decode(quantised.quantised, mask, slots) - chunks, mask);
    auto loss = reconstruction + options.commitment * quantised.commitment;
    if (options.behaviour > 0 && step % 4 == 3) {
      const auto group = static_cast<std::size_t>(
          torch::randint(static_cast<std::int64_t>(groups.size()), {1}, generator, torch::kInt64).item<std::int64_t>());
      const auto behaviour = behaviour_loss(tokenizer, groups[group], chunks_of_group[group], temperature, generator);
      smoothed_behaviour += 0.1 * (behaviour.item<double>() - smoothed_behaviour);
      loss = loss + options.behaviour * behaviour;
    }
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    smoothed += (step == 0 ? 1.0 : 0.05) * (reconstruction.item<double>() - smoothed);
    if (progress)
      progress({"train tokenizer",
                static_cast<std::uint64_t>(step + 1),
                static_cast<std::uint64_t>(options.steps),
                "steps",
                {{"reconstruction", smoothed}, {"behaviour", smoothed_behaviour}},
                step + 1 == options.steps});
  }
  return tokenizer;
}

std::vector<RateRow> rate_report(const Tokenizer& tokenizer, const std::vector<MemberGroup>& groups, DataCache& data,
                                 std::int64_t most, const ProgressSink& progress) {
  torch::NoGradGuard no_grad;
  std::vector<RateRow> rows;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    throw_if_interrupted();
    const MemberGroup& group = groups[g];
    const NetworkPlan& plan = *group.plan;
    const auto count = std::min<std::int64_t>(group.weights.population(), most);
    const Weights originals = group.weights.select(torch::arange(count, torch::kInt64));
    std::vector<std::shared_ptr<const TensorData>> tasks;
    for (std::int64_t m = 0; m < count; ++m)
      tasks.push_back(data.get(group.records[static_cast<std::size_t>(m)].dataset));
    std::vector<const LabelledImages*> train, test;
    for (const auto& task : tasks) {
      train.push_back(&task->train);
      test.push_back(&task->test);
    }
    const auto mean = [](const std::vector<double>& values) {
      return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    };
    const double original = mean(evaluate(plan.executor(), originals, test).accuracy);
    const auto tokens = tokenizer.encode(plan, originals);
    const auto truth = plan.deviations(tokenizer.aligned(plan, originals));
    for (std::int64_t stages = 1; stages <= tokenizer.config().codebooks; ++stages) {
      const Weights decoded = tokenizer.decode(plan, tokens, stages);
      const double error = ((plan.deviations(decoded) - truth).norm() / truth.norm()).item<double>();
      const Weights ready = recalibrate(plan.executor(), decoded, train, 0);
      rows.push_back({plan.family(), plan.description().label(), stages, tokenizer.bits_per_weight(plan, stages), count,
                      mean(evaluate(plan.executor(), ready, test).accuracy), original, error});
    }
    if (progress) progress({"rate report", g + 1, groups.size(), "groups", {}, g + 1 == groups.size()});
  }
  return rows;
}

}  // namespace weightloom
