#include "weightloom/generator/model.hpp"

#include <catch2/catch.hpp>

#include "../support/temporary_folder.hpp"
#include "small_generator.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/generator/instruction.hpp"

namespace weightloom {
namespace {

using namespace weightloom::test;

// A request for each instruction, without images.
Condition words(const std::vector<std::string>& instructions) {
  Condition condition;
  condition.batch = static_cast<std::int64_t>(instructions.size());
  condition.classes = 3;
  condition.quality = torch::ones({condition.batch});
  std::vector<std::int64_t> ids;
  for (const auto& instruction : instructions)
    for (const auto id : instruction_words(instruction)) ids.push_back(id);
  condition.words = torch::tensor(ids, torch::kInt64).view({condition.batch, -1});
  return condition;
}

TEST_CASE("greedy sampling is consistent with the hidden states of one whole pass") {
  torch::NoGradGuard no_grad;
  for (const auto order : {GenerationOrder::kTensor, GenerationOrder::kChunk}) {
    SmallGenerator small(order);
    small.shake();
    auto& [tokenizer, model] = small;
    const auto plan = tokenizer->plan(small_mlp(3));
    const auto prepared = model.prepare(*plan, examples(*plan, 2));
    const auto whole = model.sample(*plan, prepared, {0.0, 0, 1.0, 0});
    // Writing only the first tensors must give the same beginning.
    const auto begun = model.sample(*plan, prepared, {0.0, 0, 1.0, 0}, 3);
    const auto end = static_cast<std::int64_t>(plan->layout().tensors[3].first_slot);
    CHECK(torch::equal(whole.narrow(1, 0, end), begun.narrow(1, 0, end)));
    CHECK(begun.narrow(1, end, plan->slots() - end).abs().sum().item<std::int64_t>() == 0);
    // What was drawn is what one pass over the drawn tokens predicts.
    const auto hidden = model.hidden(*plan, prepared, whole, plan->tensors());
    auto generator = make_generator(4);
    const auto greedy = model.drawn(*plan, prepared, hidden, 0.0, generator);
    CHECK(torch::allclose(greedy.latents, tokenizer->latents(*plan, whole), 1e-4, 1e-5));
    CHECK(torch::allclose(greedy.scales, tokenizer->scales(*plan, whole), 1e-4, 1e-5));
  }
}

TEST_CASE("tokens drawn at once begin like those drawn one tensor after the other") {
  torch::NoGradGuard no_grad;
  SmallGenerator small;
  small.shake();
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(3));
  const auto prepared = model.prepare(*plan, examples(*plan, 2));
  const auto at_once = model.sample_at_once(*plan, prepared, {0.0, 0, 1.0, 0});
  const auto first = static_cast<std::int64_t>(plan->layout().tensors[1].first_slot);
  CHECK(torch::equal(at_once.narrow(1, 0, first), model.sample(*plan, prepared, {0.0, 0, 1.0, 0}).narrow(1, 0, first)));
  CHECK(torch::equal(at_once, model.sample_at_once(*plan, prepared, {0.0, 0, 1.0, 0})));
}

TEST_CASE("the same seed gives the same tokens, another seed gives others") {
  SmallGenerator small;
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(2));
  const auto prepared = model.prepare(*plan, examples(*plan, 3));
  const auto first = model.sample(*plan, prepared, {1.0, 0, 1.0, 7});
  CHECK(torch::equal(first, model.sample(*plan, prepared, {1.0, 0, 1.0, 7})));
  CHECK_FALSE(torch::equal(first, model.sample(*plan, prepared, {1.0, 0, 1.0, 8})));
}

TEST_CASE("writing that was stopped goes on with the same tokens, and only for the same network") {
  for (const auto order : {GenerationOrder::kTensor, GenerationOrder::kChunk}) {
    SmallGenerator small(order);
    small.shake();
    auto& [tokenizer, model] = small;
    const auto plan = tokenizer->plan(small_mlp(3));
    const auto prepared = model.prepare(*plan, examples(*plan, 2));
    const SamplingOptions options{1.0, 0, 1.0, 7};
    const auto whole = model.sample(*plan, prepared, options);
    const TemporaryFolder folder;
    const Checkpoint checkpoint{folder / "partial", "this one"};
    const auto stop_at = [](std::uint64_t part) {
      return [part](const ProgressEvent& event) {
        if (event.done >= part) request_interrupt();
      };
    };
    for (const std::uint64_t part : {1, 3, 4}) {
      CHECK_THROWS_AS(model.sample(*plan, prepared, options, -1, checkpoint, stop_at(part)), Error);
      clear_interrupt();
    }
    std::int64_t parts = 0;
    const auto count = [&](const ProgressEvent&) { ++parts; };
    CHECK(torch::equal(model.sample(*plan, prepared, options, -1, checkpoint, count), whole));
    CHECK(parts < plan->tensors());
    CHECK(torch::equal(model.sample(*plan, prepared, options, -1, checkpoint), whole));
    const Checkpoint other{folder / "partial", "another one"};
    CHECK_FALSE(torch::equal(model.sample(*plan, prepared, {1.0, 0, 1.0, 8}, -1, other), whole));
  }
}

TEST_CASE("a large tensor is written in parts that see what all of it sees") {
  torch::NoGradGuard no_grad;
  SmallGenerator small;
  small.shake();
  auto& [tokenizer, model] = small;
  // 5,000 chunks of 8 for one matrix: two parts.
  const auto plan = tokenizer->plan(small_mlp(1, 2500));
  const auto prepared = model.prepare(*plan, words({"left or right"}));
  const auto greedy = model.sample(*plan, prepared, {0.0, 0, 1.0, 0});
  auto generator = make_generator(4);
  const auto draft =
      model.drawn(*plan, prepared, model.hidden(*plan, prepared, greedy, plan->tensors()), 0.0, generator);
  CHECK(torch::allclose(draft.latents, tokenizer->latents(*plan, greedy), 1e-4, 1e-5));
  const auto decoded = tokenizer->decode(*plan, greedy);
  const auto assembled = tokenizer->assemble(*plan, draft.latents, draft.scales);
  for (std::size_t p = 0; p < decoded.tensors.size(); ++p)
    CHECK(torch::allclose(decoded.tensors[p], assembled.tensors[p], 1e-4, 1e-5));
}

TEST_CASE("top-k of one is greedy, and a tiny top-p too") {
  SmallGenerator small;
  small.shake();
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(2));
  const auto prepared = model.prepare(*plan, examples(*plan, 2));
  const auto greedy = model.sample(*plan, prepared, {0.0, 0, 1.0, 0});
  CHECK(torch::equal(greedy, model.sample(*plan, prepared, {1.0, 1, 1.0, 3})));
  CHECK(torch::equal(greedy, model.sample(*plan, prepared, {1.0, 0, 1e-6, 3})));
}

TEST_CASE("later tensors never influence what is predicted for earlier ones") {
  torch::NoGradGuard no_grad;
  SmallGenerator small;
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(3));
  const auto prepared = model.prepare(*plan, examples(*plan, 1));
  auto tokens = torch::zeros({1, plan->slots(), 2}, torch::kInt64);
  const auto before = model.hidden(*plan, prepared, tokens, plan->tensors());
  const auto& changed = plan->layout().tensors[1];
  tokens.narrow(1, static_cast<std::int64_t>(changed.first_slot), static_cast<std::int64_t>(changed.slots)).fill_(3);
  const auto after = model.hidden(*plan, prepared, tokens, plan->tensors());
  const auto next = static_cast<std::int64_t>(plan->layout().tensors[2].first_slot);
  CHECK(torch::allclose(before.narrow(1, 0, next), after.narrow(1, 0, next)));
  CHECK_FALSE(torch::allclose(before.select(1, next), after.select(1, next)));
  // Nothing is read of what is not written yet.
  CHECK(torch::equal(model.hidden(*plan, prepared, tokens, 1),
                     model.hidden(*plan, prepared, torch::zeros_like(tokens), 1)));
}

TEST_CASE("words alone are a condition, and different words differ") {
  torch::NoGradGuard no_grad;
  SmallGenerator small;
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(2));
  const auto prepared = model.prepare(*plan, words({"handwritten digits", "shoes and shirts"}));
  CHECK_FALSE(torch::allclose(prepared.prefix[0], prepared.prefix[1]));
  CHECK(model.sample(*plan, prepared, {0.0, 0, 1.0, 0}).size(0) == 2);
}

TEST_CASE("the behaviour of the softly decoded network has gradients in every trained part") {
  SmallGenerator small;
  small.shake();
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(2));
  const auto prepared = model.prepare(*plan, examples(*plan, 2));
  const auto tokens = torch::zeros({2, plan->slots(), 2}, torch::kInt64);
  const auto hidden = model.hidden(*plan, prepared, tokens, 0);
  const auto soft = model.expected(*plan, prepared, hidden);
  const auto weights = tokenizer->assemble(*plan, soft.latents, soft.scales);
  auto generator = make_generator(3);
  plan->executor()
      .forward(weights, torch::randn({6, 1, 4, 4}, generator))
      .log_softmax(-1)
      .select(-1, 0)
      .sum()
      .backward();
  for (const auto& [name, parameter] : model.named_parameters()) {
    const bool unused = name.starts_with("word") || name.starts_with("imagine") || name.starts_with("scale_in") ||
                        name.starts_with("code_in") || name.starts_with("code_mix");
    if (!unused) CHECK((name + (parameter.grad().defined() ? "" : " has no gradient")) == name);
  }
}

TEST_CASE("a draft drawn at temperature zero is the greedy sample's first tensor, and has a gradient") {
  SmallGenerator small;
  small.shake();
  auto& [tokenizer, model] = small;
  const auto plan = tokenizer->plan(small_mlp(2));
  const auto prepared = model.prepare(*plan, examples(*plan, 2));
  const auto hidden = model.hidden(*plan, prepared, torch::zeros({2, plan->slots(), 2}, torch::kInt64), 0);
  auto generator = make_generator(4);
  const auto draft = model.drawn(*plan, prepared, hidden, 0.0, generator);
  const auto sampled = tokenizer->latents(*plan, model.sample(*plan, prepared, {0.0, 0, 1.0, 0}, 1));
  const auto chunks = static_cast<std::int64_t>(plan->layout().tensors[0].slots) - 1;
  CHECK(torch::allclose(draft.latents.narrow(1, 0, chunks), sampled.narrow(1, 0, chunks), 1e-4, 1e-5));
  CHECK(draft.latents.requires_grad());
}

}  // namespace
}  // namespace weightloom
