#pragma once
// Weights to tokens and back: anchor, scale tokens, chunks, residual VQ-VAE (docs/token_format.md).

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weightloom/base/config.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/options.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/tokenizer/anchor.hpp"
#include "weightloom/tokenizer/network_plan.hpp"
#include "weightloom/tokenizer/quantizer.hpp"

namespace weightloom {

struct TokenizerConfig {
  std::int64_t chunk = 144;        // C: values in a full chunk
  std::int64_t vector_chunk = 16;  // values in a chunk of a vector (biases, norms): small tensors get more bits
  std::int64_t codebooks = 4;      // Q
  std::int64_t codes = 256;        // K, per codebook
  // The first means no deviation, the others are logarithmic, from e^-6 to e^2 times the tensor's reference scale.
  std::int64_t scale_levels = 64;
  std::int64_t hidden = 128;  // width of encoder and decoder
  QuantizerKind quantizer = QuantizerKind::kEma;
};
// The same keys in recipes and in tokenizer files. Reading throws kUsage "config.value" for values out of range; what
// is absent keeps its default.
TokenizerConfig read_tokenizer_config(ConfigReader& reader);
Json to_json(const TokenizerConfig& config);

// The learned part. Encoder and decoder see the slot and start as the identity, so that training can only improve on
// plain residual quantisation of the chunks.
class TokenizerModel : public Module {
 public:
  // Start values are drawn from `generator`.
  TokenizerModel(const TokenizerConfig& config, torch::Generator& generator);

  // [L, kSlotFeatures] -> [L, 64]
  torch::Tensor embed_slots(const torch::Tensor& features);
  // chunks [..., C] with mask [..., C] and slot embedding [..., 64] -> latents [..., C], and back.
  torch::Tensor encode(const torch::Tensor& chunks, const torch::Tensor& mask, const torch::Tensor& slots);
  torch::Tensor decode(const torch::Tensor& latents, const torch::Tensor& mask, const torch::Tensor& slots);

  std::shared_ptr<ResidualQuantizer> quantizer;

 private:
  Linear slot_{nullptr}, encode_in_{nullptr}, encode_out_{nullptr}, decode_in_{nullptr}, decode_out_{nullptr};
};

// A trained (or fresh) tokenizer with the anchors of its families. Thread-safe for const use.
class Tokenizer {
 public:
  // reference_images: [N, C, H, W], training images on which mapped anchors have their running statistics calibrated,
  // and behaviour is compared.
  Tokenizer(TokenizerConfig config, std::vector<Anchor> anchors, torch::Tensor reference_images);

  const TokenizerConfig& config() const { return config_; }
  const std::vector<Anchor>& anchors() const { return anchors_; }
  const torch::Tensor& reference_images() const { return reference_images_; }
  // They, or some of them, in the form that a network takes: averaged or interpolated, in grey where channels differ.
  // Fewer for networks of which one image costs much. What takes no image gets noise.
  torch::Tensor images_for(const Executor& executor) const;
  // Device and type of the reference images: those of all that this tokenizer makes, plans and weights included.
  const ComputeOptions& compute() const { return compute_; }
  TokenizerModel& model() const { return *model_; }

  // The family's anchor, or nullptr. An empty family means: the first anchor of that architecture that is an ancestor.
  const Anchor* find_anchor(const std::string& architecture, const std::string& family) const;
  // Cached by description and family.
  std::shared_ptr<const NetworkPlan> plan(const NetworkDescription& description, const std::string& family = {}) const;

  // Weights [P] -> tokens [P, L, Q] int64; a scale slot uses the first place only, the rest is 0. Members of
  // independent families are aligned to their anchor first.
  torch::Tensor encode(const NetworkPlan& plan, const Weights& weights) const;
  // Tokens -> weights; running statistics are the anchor's (recalibrate before use). `stages` > 0 uses the first
  // codebooks only.
  Weights decode(const NetworkPlan& plan, const torch::Tensor& tokens, std::int64_t stages = 0) const;

  // The differentiable parts of decode: tokens -> latents [P, M, C] and scales [P, T] (relative to the reference
  // scale); those -> weights. A scale of 0 is the anchor, exactly.
  torch::Tensor latents(const NetworkPlan& plan, const torch::Tensor& tokens, std::int64_t stages = 0) const;
  torch::Tensor scales(const NetworkPlan& plan, const torch::Tensor& tokens) const;
  Weights assemble(const NetworkPlan& plan, const torch::Tensor& latents, const torch::Tensor& scales) const;
  // Levels [P, T] -> scales [P, T].
  torch::Tensor scales(const torch::Tensor& levels) const;
  // The scale of each level, [scale_levels]; and where it stands among the others: its logarithm, for the first, whose
  // scale is 0, one step below the next.
  const torch::Tensor& scale_factors() const { return scale_factors_; }
  const torch::Tensor& scale_places() const { return scale_places_; }

  struct Normalised {
    torch::Tensor chunks;  // [P, M, C], divided by the quantised scales
    torch::Tensor levels;  // [P, T] int64
  };
  Normalised normalise(const NetworkPlan& plan, const Weights& weights) const;
  // Members of independent families with their units in the anchor's order; others as they are.
  Weights aligned(const NetworkPlan& plan, const Weights& weights) const;

  // Bits of all tokens per tokenised weight (side information: anchors and codebooks are shared by all networks and not
  // counted).
  double bits_per_weight(const NetworkPlan& plan, std::int64_t stages = 0) const;

  // One safetensors file; the id is the SHA-256 over its contents (configuration and every tensor).
  SafetensorsFile to_file(const Json& training) const;
  void save(const std::filesystem::path& path, const Json& training) const;
  // Also of a file that holds more, such as a generator's. Throws kRefused "tokenizer.schema" for a file that holds no
  // tokenizer, "tokenizer.malformed" for one that is damaged. `path` is for messages.
  static Tokenizer from_file(const SafetensorsFile& file, const std::filesystem::path& path);
  static Tokenizer load(const std::filesystem::path& path);
  // The same codes with one more family, or with another anchor for a family that it has. Shares the model.
  Tokenizer with_anchor(Anchor anchor) const;
  // As it is when first asked for: training comes before. [any-thread]
  const std::string& id() const;
  const Json& training() const { return training_; }

 private:
  static Tokenizer from_tensors(const Json& json, const TensorMap& tensors);
  // One tensor of networks that are aligned.
  Normalised normalise(const NetworkPlan& plan, std::int64_t index, const Weights& own) const;
  torch::Tensor embed_chunks(const NetworkPlan& plan, const SlotRange& range, std::int64_t population) const;

  TokenizerConfig config_;
  std::vector<Anchor> anchors_;
  torch::Tensor reference_images_;
  ComputeOptions compute_;
  torch::Tensor scale_places_, scale_factors_;
  std::shared_ptr<TokenizerModel> model_;
  Json training_;
  struct Cache {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const NetworkPlan>> plans;
    std::once_flag hashed;
    std::string id;
  };
  std::shared_ptr<Cache> cache_ = std::make_shared<Cache>();
};

}  // namespace weightloom
