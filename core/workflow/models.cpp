#include "weightloom/workflow/models.hpp"

#include "weightloom/base/file.hpp"
#include "weightloom/workflow/members.hpp"
#include "weightloom/workflow/up_to_date.hpp"

namespace weightloom {
namespace {

std::vector<PracticeNetwork> practice_networks(const std::vector<Practice>& practice, const PluginRegistry& registry,
                                               const Tokenizer& tokenizer) {
  std::vector<PracticeNetwork> networks;
  for (const Practice& entry : practice)
    networks.push_back({tokenizer.plan(registry.describe(entry.architecture, entry.config), entry.family), entry.data});
  return networks;
}

std::filesystem::path checkpoint_of(const std::filesystem::path& file) {
  return file.string() + ".checkpoint";
}

// `train` makes the model, `load` reads it back: what is returned is what later runs will load.
template <class Train, class Load>
auto refresh_model(const std::filesystem::path& file, const Json& provenance, Refresh refresh, const Train& train,
                   const Load& load) -> Refreshed<decltype(load())> {
  if (refresh == Refresh::kWhenStale && model_is_current(file, provenance)) return {load(), true};
  expect_writable(file);
  train().save(file, provenance);
  // Only now: a crash while saving must not cost the training.
  std::filesystem::remove(checkpoint_of(file));
  return {load(), false};
}

}  // namespace

Tokenizer train_tokenizer(const Zoo& zoo, const PluginRegistry& registry, const TokenizerTraining& options,
                          const ProgressSink& progress) {
  DataCache data(common_form(zoo, registry));
  Tokenizer tokenizer(options.config, collect_anchors(zoo, registry),
                      draw_reference_images(data, data_sources(zoo), options.seed));
  const auto groups = load_members(zoo, registry, tokenizer, "train");
  fit_tokenizer(tokenizer, groups, options, progress);
  return tokenizer;
}

Generator train_generator(const Zoo& zoo, const PluginRegistry& registry, std::shared_ptr<const Tokenizer> tokenizer,
                          const GeneratorTraining& options, const ProgressSink& progress) {
  DataCache data(common_form(zoo, registry));
  GeneratorLessons lessons{load_members(zoo, registry, *tokenizer, "train"),
                           practice_networks(options.practice, registry, *tokenizer)};
  load_tokens(lessons.members, zoo, *tokenizer);
  return train_generator(lessons, data, std::move(tokenizer), options, progress);
}

Refreshed<Tokenizer> refresh_tokenizer(const std::filesystem::path& file, const Zoo& zoo,
                                       const PluginRegistry& registry, TokenizerTraining options, Refresh refresh,
                                       const ProgressSink& progress) {
  const Json provenance{{"options", to_json(options)}, {"members", members_fingerprint(zoo)}};
  options.checkpoint = checkpoint_of(file);
  return refresh_model(
      file, provenance, refresh, [&] { return train_tokenizer(zoo, registry, options, progress); },
      [&] { return Tokenizer::load(file); });
}

Refreshed<Generator> refresh_generator(const std::filesystem::path& file, const Zoo& zoo,
                                       const PluginRegistry& registry, std::shared_ptr<const Tokenizer> tokenizer,
                                       GeneratorTraining options, Refresh refresh, const ProgressSink& progress) {
  const Json provenance{
      {"options", to_json(options)}, {"members", members_fingerprint(zoo)}, {"tokenizer", tokenizer->id()}};
  options.checkpoint = checkpoint_of(file);
  return refresh_model(
      file, provenance, refresh, [&] { return train_generator(zoo, registry, tokenizer, options, progress); },
      [&] { return Generator::load(file, tokenizer); });
}

}  // namespace weightloom
