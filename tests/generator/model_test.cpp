#include "weightloom/generator/model.hpp"

#include <catch2/catch.hpp>

#include "small_generator.hpp"
#include "weightloom/generator/instruction.hpp"

namespace weightloom {
namespace {

using namespace weightloom::test;

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
  Condition condition;
  condition.batch = 2;
  condition.classes = 3;
  condition.quality = torch::ones({2});
  auto words = instruction_words("handwritten digits");
  const auto other = instruction_words("shoes and shirts");
  words.insert(words.end(), other.begin(), other.end());
  condition.words = torch::tensor(words, torch::kInt64).view({2, -1});
  const auto prepared = model.prepare(*plan, condition);
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
  for (const auto& item : model.named_parameters()) {
    const bool unused = item.key().starts_with("word") || item.key().starts_with("imagine") ||
                        item.key().starts_with("scale_in") || item.key().starts_with("code_in") ||
                        item.key().starts_with("code_mix");
    if (!unused) CHECK((item.key() + (item.value().grad().defined() ? "" : " has no gradient")) == item.key());
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
