#pragma once
// The shared generator: a transformer over slots that writes the tokens of any network from a condition
// (docs/architecture.md, "Generator").

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "weightloom/base/config.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/generator/condition.hpp"
#include "weightloom/generator/slot_blocks.hpp"
#include "weightloom/generator/transformer.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"
#include "weightloom/training/checkpoint.hpp"

namespace weightloom {

// kTensor: all slots of a tensor in one parallel pass, given the tokens of all earlier tensors.
// kChunk: one slot after the other (the IGPG paper's order, section 2.5).
enum class GenerationOrder { kTensor, kChunk };

struct GeneratorConfig {
  std::int64_t width = 128, layers = 3, heads = 4;
  std::int64_t most_classes = 32;  // that a slot sees one by one; more are seen in groups
  GenerationOrder order = GenerationOrder::kTensor;
};
// The same keys in recipes and in generator files. Reading throws kUsage "config.value" for values out of range; what
// is absent keeps its default.
GeneratorConfig read_generator_config(ConfigReader& reader);
Json to_json(const GeneratorConfig& config);

struct SamplingOptions {
  double temperature = 0.5;  // 0: greedy
  std::int64_t top_k = 0;    // 0: all codes
  double top_p = 1.0;
  std::uint64_t seed = 0;
};

// B requests, P prefix positions, L slots, M chunk slots, T tensors, C places, Q codebooks, D width.
class GeneratorModel : public Module {
 public:
  // The tokenizer is used, never trained. Start values are drawn from `generator`.
  GeneratorModel(GeneratorConfig config, std::shared_ptr<const Tokenizer> tokenizer, torch::Generator& generator);

  const GeneratorConfig& config() const { return config_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const std::shared_ptr<const Tokenizer>& shared_tokenizer() const { return tokenizer_; }

  // A condition as the transformer sees it.
  struct Prepared {
    torch::Tensor prefix;   // [B, P, D]
    torch::Tensor classes;  // [B, R, D]: what is known of each class
    // As in Condition: given, else the head's is imagined, else empty.
    std::vector<torch::Tensor> evidence;
    // What the head weight's evidence should be judging by the class tokens alone: it stands in where there are only
    // words. [B, chunks of the head weight, C]; undefined without a head.
    torch::Tensor imagined;
    std::size_t head = 0;  // the head weight among the tokenised tensors, where there is something imagined
    torch::Tensor image_classes, word_classes;  // [B, R, D], undefined when not given
  };
  Prepared prepare(const NetworkPlan& plan, const Condition& condition);

  // Last hidden state of every slot, [B, L, D]. A slot sees the condition, a summary of each tensor before its own, and
  // its own block (slot_blocks.hpp). The tokens of the first `written` tensors are read; in the order kChunk, when all
  // are, each slot also reads the one before it.
  torch::Tensor hidden(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& tokens,
                       std::int64_t written);

  // The whole network in one pass, differentiable: latents [B, M, C] and scales [B, T], as Tokenizer::assemble() reads
  // them.
  struct Draft {
    torch::Tensor latents, scales;
  };
  // The expectation over all codes.
  Draft expected(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& hidden);
  // Codes drawn at `temperature` (0: the most likely); gradients pass straight through to the expectation (Bengio et
  // al. 2013), so that what is trained is what sampling decodes.
  Draft drawn(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& hidden, double temperature,
              torch::Generator& generator);

  // Mean cross-entropy (nats per token) of `tokens` [B, L, Q], and mean squared error of the predicted latent, over the
  // slots in `where` [L] (bool).
  struct CodeLoss {
    torch::Tensor cross_entropy, latent_error;
  };
  CodeLoss code_loss(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& hidden,
                     const torch::Tensor& tokens, const torch::Tensor& where);

  // Writes tokens [B, L, Q] for the first `tensors` tensors (all when negative), the rest stays 0; tensor after tensor,
  // large ones in parts, so that memory beyond that of the tokens does not depend on the network. Bit-reproducible for
  // a seed on the same machine and thread count. No gradient. Goes on from `checkpoint` where there is one, with the
  // same bits, and is interruptible between parts (training/loop.hpp).
  torch::Tensor sample(const NetworkPlan& plan, const Prepared& prepared, const SamplingOptions& options,
                       std::int64_t tensors = -1, const Checkpoint& checkpoint = {}, const ProgressSink& progress = {});
  // The same in one pass: every tensor is drawn as if none before it were written. Training reads such tokens in place
  // of sample()'s, which would cost a pass for each tensor.
  torch::Tensor sample_at_once(const NetworkPlan& plan, const Prepared& prepared, const SamplingOptions& options);

 private:
  torch::Tensor place_classes(std::int64_t classes);
  torch::Tensor class_tokens(const torch::Tensor& classes) const;
  void imagine(const NetworkPlan& plan, Prepared& prepared);
  torch::Tensor known_slots(const NetworkPlan& plan, const torch::Tensor& classes, const SlotRange& range);
  torch::Tensor slot_inputs(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range);
  torch::Tensor embed_tokens(const NetworkPlan& plan, const torch::Tensor& tokens, const SlotRange& range);
  torch::Tensor summaries(const NetworkPlan& plan, const torch::Tensor& slots, const torch::Tensor& tokens,
                          const SlotRange& range, std::int64_t written);
  torch::Tensor previous(const SlotBlocks& blocks, const torch::Tensor& tokens) const;
  torch::Tensor evidence_of(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range) const;
  void write_part(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range, const torch::Tensor& slots,
                  const AttentionCache& context, const SamplingOptions& options, torch::Generator& generator,
                  torch::Tensor& tokens);
  void write_slots(const NetworkPlan& plan, const Prepared& prepared, const SlotRange& range, std::int64_t first,
                   const torch::Tensor& hidden, const SamplingOptions& options, torch::Generator& generator,
                   torch::Tensor& tokens);
  torch::Tensor predicted_latent(const torch::Tensor& hidden, const torch::Tensor& evidence, const torch::Tensor& mask);
  torch::Tensor stage_logits(std::int64_t stage, const torch::Tensor& left, const torch::Tensor& mask,
                             const torch::Tensor& state);
  torch::Tensor scale_logits(const torch::Tensor& hidden);
  // `choose` turns logits [..., K] into weights of the codes [..., K].
  using Choice = std::function<torch::Tensor(const torch::Tensor& logits)>;
  Draft draft(const NetworkPlan& plan, const Prepared& prepared, const torch::Tensor& hidden, const Choice& choose);

  GeneratorConfig config_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Linear network_{nullptr}, see_in_{nullptr}, see_out_{nullptr}, slot_in_{nullptr}, slot_out_{nullptr},
      class_to_slot_{nullptr}, anchor_in_{nullptr}, evidence_in_{nullptr}, code_in_{nullptr}, code_mix_{nullptr},
      latent_out_{nullptr}, evidence_skip_{nullptr}, code_up_{nullptr}, imagine_in_{nullptr}, imagine_out_{nullptr},
      scale_mean_{nullptr}, scale_free_{nullptr}, word_key_{nullptr}, word_value_{nullptr}, word_out_{nullptr};
  Embedding class_{nullptr}, word_{nullptr}, word_place_{nullptr}, scale_in_{nullptr};
  std::vector<Linear> free_;
  torch::Tensor unwritten_, sharpness_, scale_sharpness_;
  std::shared_ptr<Transformer> body_;
};

}  // namespace weightloom
