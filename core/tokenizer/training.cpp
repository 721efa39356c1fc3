#include "weightloom/tokenizer/training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/training/adamw.hpp"
#include "weightloom/training/flat_parameters.hpp"
#include "weightloom/training/loop.hpp"
#include "weightloom/training/schedule.hpp"

namespace weightloom {
namespace {

// Enough images for a batch normalisation to be calibrated on; they travel in the tokenizer's file.
constexpr std::int64_t kReferenceImages = 512;
// The behaviour loss executes whole networks: a few of them on a few images, every fourth step, cost about as much as
// the chunks of all steps.
constexpr std::int64_t kBehaviourImages = 64, kBehaviourNetworks = 4, kBehaviourEvery = 4;
// k-means reads every chunk ten times; more of them hardly move the means of a few hundred codes.
constexpr std::int64_t kMeansChunks = 40000;
constexpr double kWeightDecay = 0.01;  // AdamW's usual value (Loshchilov & Hutter 2019)
// The temperature falls exponentially from 1 to this, where the IGPG paper's schedule ends.
constexpr double kLastTemperature = 1e-3;
// Of the figures that progress shows: averages over about 20 steps, and 10 behaviour losses.
constexpr double kSmoothing = 0.05, kBehaviourSmoothing = 0.1;

// All chunks of all groups, with the global row of their slot's features.
struct ChunkPool {
  torch::Tensor chunks;  // [N, C]
  torch::Tensor slots;   // [N] int64, into the tables below
  torch::Tensor features, masks;
};

std::vector<Tokenizer::Normalised> normalise_all(const Tokenizer& tokenizer, const std::vector<MemberGroup>& groups) {
  std::vector<Tokenizer::Normalised> out;
  for (const MemberGroup& group : groups) out.push_back(tokenizer.normalise(*group.plan, group.weights));
  return out;
}

ChunkPool pool_chunks(const Tokenizer& tokenizer, const std::vector<MemberGroup>& groups,
                      const std::vector<Tokenizer::Normalised>& normalised) {
  std::vector<torch::Tensor> chunks, slots, features, masks;
  std::int64_t first = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const NetworkPlan& plan = *groups[g].plan;
    const auto& of_group = normalised[g].chunks;
    const auto population = of_group.size(0), count = of_group.size(1);
    chunks.push_back(of_group.reshape({-1, of_group.size(2)}));
    slots.push_back(torch::arange(first, first + count, tokenizer.compute().indices()).repeat({population}));
    features.push_back(plan.features().index_select(0, plan.chunk_slots()));
    masks.push_back(plan.mask());
    first += count;
  }
  return {torch::cat(chunks), torch::cat(slots), torch::cat(features), torch::cat(masks)};
}

torch::Tensor masked_error(const torch::Tensor& difference, const torch::Tensor& mask) {
  const auto masked = difference * mask;
  return (masked * masked).sum() / mask.sum();
}

Error no_members() {
  return {ErrorCode::kUsage, "tokenizer.no_members", "there is nothing to train the tokenizer on",
          "the zoo holds no record with split 'train'", "grow some with `weightloom zoo grow`"};
}

// Fits a tokenizer to members.
class Fitting {
 public:
  Fitting(Tokenizer& tokenizer, const std::vector<MemberGroup>& groups, const TokenizerTraining& options)
      : tokenizer_(tokenizer),
        groups_(groups),
        options_(options),
        normalised_(normalise_all(tokenizer, groups)),
        pool_(pool_chunks(tokenizer, groups, normalised_)),
        draws_(make_generator(derive_seed(options.seed, "tokenizer"))),
        noise_(make_generator(derive_seed(options.seed, "gumbel"))) {
    const auto rows = draw_rows(std::min<std::int64_t>(pool_.chunks.size(0), kMeansChunks));
    quantizer().initialise(pool_.chunks.index_select(0, rows),
                           pool_.masks.index_select(0, pool_.slots.index_select(0, rows)),
                           derive_seed(options.seed, "k-means"));
  }

  void run(const ProgressSink& progress) {
    const FlatParameters parameters(tokenizer_.model());
    AdamW optimizer(parameters.values(), {kWeightDecay});
    TrainingState state;
    optimizer.keep_in(state, "optimizer.");
    quantizer().keep_in(state, "quantizer.");
    state.keep("draws", draws_);
    state.keep("noise", noise_);
    state.keep("reconstruction", reconstruction_);
    state.keep("behaviour", behaviour_);
    run_steps(
        {"train tokenizer", options_.steps, 1, options_.checkpoint_every}, checkpoint(), state,
        [&](std::int64_t step) {
          const auto gradient = parameters.gradient(loss(step));
          optimizer.step(gradient, linear_schedule(options_.learning_rate, 0, step, options_.steps));
          return Json{{"reconstruction", reconstruction_}, {"behaviour", behaviour_}};
        },
        progress);
  }

 private:
  ResidualQuantizer& quantizer() const { return *tokenizer_.model().quantizer; }

  torch::Tensor draw_rows(std::int64_t count) {
    return torch::randint(pool_.chunks.size(0), {count}, draws_, indices_like(pool_.chunks));
  }

  Checkpoint checkpoint() const {
    if (options_.checkpoint.empty()) return {};
    Fingerprint print;
    // Not the tokenizer's id: asked for now, it would be kept as that of the finished one.
    print.add(to_json(options_).dump()).add(tokenizer_.reference_images());
    for (const MemberGroup& group : groups_) {
      print.add(group.plan->description().identity).add(group.plan->family());
      for (const auto& tensor : group.plan->anchor().tensors) print.add(tensor);
      for (const auto& tensor : group.weights.tensors) print.add(tensor);
    }
    return {options_.checkpoint, print.text()};
  }

  torch::Tensor loss(std::int64_t step) {
    const double done = static_cast<double>(step) / static_cast<double>(options_.steps);
    const double temperature = std::exp(done * std::log(kLastTemperature));
    TokenizerModel& model = tokenizer_.model();
    const auto rows = draw_rows(options_.batch);
    const auto slot = pool_.slots.index_select(0, rows);
    const auto chunks = pool_.chunks.index_select(0, rows), mask = pool_.masks.index_select(0, slot);
    const auto slots = model.embed_slots(pool_.features.index_select(0, slot));
    const auto quantised = quantizer().train_step(model.encode(chunks, mask, slots), mask, temperature, noise_);
    const auto reconstruction = masked_error(model.decode(quantised.quantised, mask, slots) - chunks, mask);
    reconstruction_ += (step == 0 ? 1.0 : kSmoothing) * (reconstruction.item<double>() - reconstruction_);
    auto out = reconstruction + options_.commitment * quantised.commitment;
    if (options_.behaviour > 0 && step % kBehaviourEvery == kBehaviourEvery - 1) {
      const auto group = static_cast<std::size_t>(
          torch::randint(static_cast<std::int64_t>(groups_.size()), {1}, draws_, indices_like(pool_.chunks))
              .item<std::int64_t>());
      const auto behaviour = behaviour_loss(groups_[group], normalised_[group], temperature);
      behaviour_ += kBehaviourSmoothing * (behaviour.item<double>() - behaviour_);
      out = out + options_.behaviour * behaviour;
    }
    return out;
  }

  // Divergence between what the original network and the decoded one say about the reference images.
  torch::Tensor behaviour_loss(const MemberGroup& group, const Tokenizer::Normalised& normalised, double temperature) {
    const NetworkPlan& plan = *group.plan;
    const auto members =
        torch::randint(group.weights.population(), {kBehaviourNetworks}, draws_, indices_like(normalised.levels));
    const auto images = tokenizer_.reference_images().index_select(
        0, torch::randint(tokenizer_.reference_images().size(0), {kBehaviourImages}, draws_,
                          indices_like(normalised.levels)));
    TokenizerModel& model = tokenizer_.model();
    const auto slots = model.embed_slots(plan.features())
                           .index_select(0, plan.chunk_slots())
                           .unsqueeze(0)
                           .expand({kBehaviourNetworks, -1, -1});
    const auto picked = normalised.chunks.index_select(0, members);
    const auto mask = plan.mask().expand_as(picked);
    const auto dimension = picked.size(2);
    const auto latents = model.encode(picked, mask, slots);
    const auto quantised =
        quantizer().train_step(latents.reshape({-1, dimension}), mask.reshape({-1, dimension}), temperature, noise_);
    // The scales that decoding will use: quantised, and of aligned members.
    const auto scales = tokenizer_.scales(normalised.levels.index_select(0, members));
    const auto decoded = tokenizer_.assemble(plan, quantised.quantised.view(picked.sizes()), scales);
    constexpr ExecutionMode kBatch{ExecutionMode::Norm::kBatch};
    torch::Tensor target;
    {
      torch::NoGradGuard no_grad;
      target = plan.executor().forward(group.weights.select(members), images, kBatch).softmax(-1);
    }
    const auto said = plan.executor().forward(decoded, images, kBatch).log_softmax(-1);
    return (target * (target.clamp_min(1e-9).log() - said)).sum(-1).mean();
  }

  Tokenizer& tokenizer_;
  const std::vector<MemberGroup>& groups_;
  const TokenizerTraining& options_;
  std::vector<Tokenizer::Normalised> normalised_;  // of each group
  ChunkPool pool_;
  torch::Generator draws_, noise_;
  double reconstruction_ = 0, behaviour_ = 0;  // smoothed, for whoever watches
};

// Adds `share` of one network's figures to the means, a row for each number of codebooks. One network at a time: class
// subsets have test splits of different sizes.
void add_network(const Tokenizer& tokenizer, const NetworkPlan& plan, const Weights& original, const TensorData& on,
                 double share, std::span<RateRow> rows) {
  const double accuracy = evaluate(plan.executor(), original, {&on.test}).accuracy[0];
  const auto tokens = tokenizer.encode(plan, original);
  const auto truth = plan.deviations(tokenizer.aligned(plan, original));
  // A network that is its anchor has no deviation to lose.
  const double size = std::max(truth.norm().item<double>(), 1e-12);
  for (RateRow& row : rows) {
    const Weights decoded = tokenizer.decode(plan, tokens, row.stages);
    const Weights ready = recalibrate(plan.executor(), decoded, {&on.train}, 0);
    row.relative_error += share * (plan.deviations(decoded) - truth).norm().item<double>() / size;
    row.accuracy += share * evaluate(plan.executor(), ready, {&on.test}).accuracy[0];
    row.original_accuracy += share * accuracy;
  }
}

}  // namespace

TokenizerTraining parse_tokenizer_training(const Json& table, const std::string& where) {
  ConfigReader read(table, where);
  TokenizerTraining out;
  out.config = read_tokenizer_config(read);
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
  Json out = to_json(options.config);
  out.update({{"steps", options.steps},
              {"batch", options.batch},
              {"learning_rate", options.learning_rate},
              {"commitment", options.commitment},
              {"behaviour", options.behaviour},
              {"seed", options.seed}});
  return out;
}

torch::Tensor draw_reference_images(DataCache& data, const std::vector<std::string>& sources, std::uint64_t seed) {
  if (sources.empty()) throw no_members();
  return translate_torch_errors("draw reference images", [&] {
    auto generator = make_generator(derive_seed(seed, "reference images"));
    const auto share = std::max<std::int64_t>(1, kReferenceImages / static_cast<std::int64_t>(sources.size()));
    std::vector<torch::Tensor> parts;
    for (const std::string& source : sources) parts.push_back(draw(data.get(source)->train, share, generator).images);
    return torch::cat(parts);
  });
}

void fit_tokenizer(Tokenizer& tokenizer, const std::vector<MemberGroup>& groups, const TokenizerTraining& options,
                   const ProgressSink& progress) {
  if (groups.empty()) throw no_members();
  translate_torch_errors(
      "train a tokenizer", [&] { Fitting(tokenizer, groups, options).run(progress); },
      "use a smaller batch, or fewer or smaller networks");
}

std::vector<RateRow> rate_report(const Tokenizer& tokenizer, const std::vector<MemberGroup>& groups, DataCache& data,
                                 std::int64_t most, const ProgressSink& progress) {
  return translate_torch_errors(
      "measure the rate",
      [&] {
        torch::NoGradGuard no_grad;
        std::vector<RateRow> rows;
        for (std::size_t g = 0; g < groups.size(); ++g) {
          throw_if_interrupted();
          const MemberGroup& group = groups[g];
          const NetworkPlan& plan = *group.plan;
          const auto count = std::min<std::int64_t>(group.weights.population(), most);
          for (std::int64_t stages = 1; stages <= tokenizer.config().codebooks; ++stages)
            rows.push_back({plan.family(), plan.description().label(), stages, tokenizer.bits_per_weight(plan, stages),
                            count, 0, 0, 0});
          for (std::int64_t m = 0; m < count; ++m)
            add_network(tokenizer, plan, group.weights.member(m),
                        *data.get(group.records[static_cast<std::size_t>(m)].dataset), 1.0 / static_cast<double>(count),
                        std::span(rows).last(static_cast<std::size_t>(tokenizer.config().codebooks)));
          if (progress) progress({"rate report", g + 1, groups.size(), "groups", {}, g + 1 == groups.size()});
        }
        return rows;
      },
      "measure fewer networks");
}

}  // namespace weightloom
