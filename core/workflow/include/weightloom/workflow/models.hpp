#pragma once
// Tokenizers and generators learnt from a zoo, kept in files that are made again only when something changed.

#include <filesystem>
#include <memory>

#include "weightloom/base/progress.hpp"
#include "weightloom/generator/training.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/tokenizer/training.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// Trains on the zoo's networks with split "train". The same zoo and options give the same bits on the same machine.
Tokenizer train_tokenizer(const Zoo& zoo, const PluginRegistry& registry, const TokenizerTraining& options,
                          const ProgressSink& progress = {});
// Also practises on the networks that the options name. Stored tokens are used where they are current.
Generator train_generator(const Zoo& zoo, const PluginRegistry& registry, std::shared_ptr<const Tokenizer> tokenizer,
                          const GeneratorTraining& options, const ProgressSink& progress = {});

// How refresh_*() treats a file that is there.
enum class Refresh { kWhenStale, kAlways };

template <class Model>
struct Refreshed {
  Model model;
  bool reused = false;  // the file was up to date
};

// Loads `file` when it was made from this zoo with these options, else trains and writes it. An interrupted training
// leaves "<file>.checkpoint" and goes on from there. Fails before training when the file cannot be written.
Refreshed<Tokenizer> refresh_tokenizer(const std::filesystem::path& file, const Zoo& zoo,
                                       const PluginRegistry& registry, TokenizerTraining options,
                                       Refresh refresh = Refresh::kWhenStale, const ProgressSink& progress = {});
Refreshed<Generator> refresh_generator(const std::filesystem::path& file, const Zoo& zoo,
                                       const PluginRegistry& registry, std::shared_ptr<const Tokenizer> tokenizer,
                                       GeneratorTraining options, Refresh refresh = Refresh::kWhenStale,
                                       const ProgressSink& progress = {});

}  // namespace weightloom
