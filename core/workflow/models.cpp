#include "weightloom/workflow/models.hpp"

#include <algorithm>
#include <set>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/workflow/members.hpp"
#include "weightloom/workflow/practice.hpp"
#include "weightloom/workflow/random_networks.hpp"
#include "weightloom/workflow/up_to_date.hpp"

namespace weightloom {
namespace {

std::set<std::string> unseen_configurations(const Zoo& zoo, const PluginRegistry& registry,
                                            const std::vector<Practice>& practice) {
  if (std::ranges::all_of(practice, [](const Practice& entry) { return entry.ranges.empty(); })) return {};
  UnseenConfigurations unseen;
  for (const ZooRecord& record : zoo.all())
    if (!record.split.empty()) unseen.add(registry.describe(record.architecture, record.config), record.split);
  return unseen.keys();
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
                           practice_networks(options.practice, options.seed, registry, *tokenizer,
                                             unseen_configurations(zoo, registry, options.practice))};
  load_tokens(lessons.members, zoo, *tokenizer);
  auto exemplars = draw_exemplars(data, learned_sources(zoo), options.seed);
  Generator generator = train_generator(lessons, data, std::move(tokenizer), options, progress);
  generator.remember(std::move(exemplars));
  return generator;
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
  const Json provenance{{"options", to_json(options)},
                        {"members", members_fingerprint(zoo)},
                        {"sources", data_sources(zoo)},
                        {"tokenizer", tokenizer->id()}};
  options.checkpoint = checkpoint_of(file);
  return refresh_model(
      file, provenance, refresh, [&] { return train_generator(zoo, registry, tokenizer, options, progress); },
      [&] { return Generator::load(file); });
}

}  // namespace weightloom
