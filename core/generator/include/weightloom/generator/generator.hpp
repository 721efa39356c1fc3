#pragma once
// A trained generator: model, tokenizer, and what it was trained on; generation from words, from a data set, for any
// network.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/generator/exemplars.hpp"
#include "weightloom/generator/head.hpp"
#include "weightloom/generator/model.hpp"
#include "weightloom/generator/tasks.hpp"

namespace weightloom {

class Generator {
 public:
  Generator(GeneratorConfig config, std::shared_ptr<const Tokenizer> tokenizer, std::uint64_t seed);

  GeneratorModel& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return model_->tokenizer(); }
  std::shared_ptr<const Tokenizer> shared_tokenizer() const { return model_->shared_tokenizer(); }

  // One safetensors file with its tokenizer in it, which Tokenizer::load() reads as well. load() throws kNotFound
  // "generator.none" where there is no file, kRefused "generator.schema" for a file that holds no generator,
  // "generator.malformed" for one that is damaged, and what Tokenizer::load() throws.
  void save(const std::filesystem::path& path, const Json& training) const;
  static Generator load(const std::filesystem::path& path);
  // The same weights with another tokenizer of the same codes (Tokenizer::with_anchor()). Copies them.
  Generator with_tokenizer(std::shared_ptr<const Tokenizer> tokenizer) const;
  // What it remembers of the data that it learned from, which words recall. Not part of its identity.
  const std::vector<Exemplars>& exemplars() const { return exemplars_; }
  void remember(std::vector<Exemplars> exemplars) { exemplars_ = std::move(exemplars); }
  // SHA-256 (hex) over configuration and tensors, as they are when it is first asked for: training comes before.
  // [any-thread]
  const std::string& id() const;
  const Json& training() const { return training_; }

 private:
  std::shared_ptr<GeneratorModel> model_;
  Json training_;
  std::vector<Exemplars> exemplars_;
  struct Identity {
    std::once_flag once;
    std::string id;
  };
  std::shared_ptr<Identity> identity_ = std::make_shared<Identity>();
};

// What is wanted. At least one of `instruction` and `data` is given.
struct Request {
  std::string instruction;  // words
  std::string data;         // DataSpec text: example images are drawn from its training images
  bool recalled = false;  // its images are those that the generator remembers (exemplars.hpp), not those of the source
  // DataSpec text of what the generator remembers of the same classes (recall_beside()): its images are shown beside
  // those of `data`. Empty: none are.
  std::string beside;
  std::int64_t shots = 32;  // example images per class
  double quality = 1.0;     // 0 .. 1, see Condition::quality
  std::string family;       // anchor lineage; empty: the architecture's own
  std::int64_t count = 1;   // networks
  bool fit_body = true;     // whether the body is fitted to the example images where that is better (body.hpp)
  std::int64_t refine = 0;  // gradient steps on the example images at the end (refinement.hpp)
  SamplingOptions sampling;
};
Json to_json(const Request& request);
Request request_from_json(const Json& json);

// The example images that generate() conditions on: [classes, shots, C, H, W], drawn from the training images of
// request.data, and those of request.beside behind them; of what is recalled all that are remembered, request.shots at
// most. `data` has what is remembered (keep_remembered()) where there is something beside. Throws kUsage "data.*".
torch::Tensor example_images(const Request& request, DataCache& data);

// Examples of each class that a network can be shown: kMostExampleOperations buys so many; at most request.shots, 0
// when not even one of each class is within it.
inline constexpr double kMostExampleOperations = 1e13;
std::int64_t affordable_shots(const Executor& executor, const Request& request);

// Throws kUsage "generate.classes" unless the network has as many outputs as request.data has classes.
void check_classes(const NetworkDescription& description, const Request& request, std::int64_t classes);

// Weights as decoded: running statistics are the anchor's. Reproducible: same request, generator and machine give the
// same bits.
struct Generated {
  std::shared_ptr<const NetworkPlan> plan;
  torch::Tensor tokens;  // [count, L, Q]
  Weights weights;
};
// `data` must provide request.data when it is given. With a checkpoint, a generation that was stopped goes on there and
// ends with the same bits; the file stays. Interruptible. Throws kUsage when neither words nor data are given, or class
// counts disagree.
Generated generate(const Generator& generator, const NetworkDescription& description, const Request& request,
                   DataCache& data, const std::filesystem::path& checkpoint = {}, const ProgressSink& progress = {});

// What one uses, stores and exports.
struct ReadyNetworks {
  Weights weights;  // [count]
  // Of each network, where they come from and what they promise; empty without examples or without a head that
  // has_linear_head().
  std::vector<LinearHead> heads;
  // The share of each network's deviation from the start's body that was kept: 1, a half, or 0, which is the start.
  std::vector<double> shares;
  std::vector<std::int64_t> passes;    // that fitted each network's body to the examples (body.hpp)
  std::vector<double> learning_rates;  // of the refinement of each network, where the request asks for one
};
// `made` with batch_norm statistics re-estimated: on the request's training images when it has data, else on the
// tokenizer's reference images. With examples a gate keeps all, half or nothing of what was generated for the body,
// whichever gives the best cross-validated head on them, more of it in a tie; of a large network all or nothing, since
// a half is a third set of weights. The head comes last, from what the written body makes of them: the generated one
// stays where it is at least as good (head.hpp, refit_head()). Then the body may be fitted to them (body.hpp).
ReadyNetworks ready_to_use(const Generator& generator, const Generated& made, const Request& request, DataCache& data);

}  // namespace weightloom
