#include "weightloom/workflow/selection.hpp"

#include <catch2/catch.hpp>

#include "../support/error_id.hpp"
#include "tiny_zoo.hpp"
#include "weightloom/runtime/evaluation.hpp"

using namespace weightloom;
using weightloom::testing::error_id;

namespace {

// The grown networks, and some that always give the other answer and are said to be as good.
struct Fair {
  test::TinyZoo tiny;
  Fair() {
    grow(tiny.recipe(), tiny.zoo, tiny.plugins);
    const auto known = found(tiny.data()).candidates;
    for (std::size_t i = 0; i < 6; ++i) {
      auto contender = stored_contender(tiny.zoo, tiny.plugins, known[i]);
      contender.outputs = {1, 0};
      auto wrong = with_outputs(contender, tiny.plugins, tiny.data());
      wrong.record.name = "a-wrong/" + std::to_string(i);
      wrong.record.metrics = {{"validation_accuracy", 1.0}};
      std::vector<std::pair<ZooRecord, TensorMap>> one;
      one.emplace_back(wrong.record, to_tensor_map(wrong.description, wrong.weights));
      tiny.zoo.add(std::move(one));
    }
  }
  Retrieval found(const std::string& data) const { return retrieve(tiny.zoo, wanted_of(data, zoo_cards(tiny.zoo))); }
  std::vector<Contender> contenders(const std::string& data) const {
    std::vector<Contender> out;
    for (const auto& candidate : found(data).candidates)
      out.push_back(stored_contender(tiny.zoo, tiny.plugins, candidate));
    return out;
  }
};

double accuracy(const Contender& contender, const TensorData& on) {
  return evaluate(Executor(contender.description), contender.weights, {&on.validation}).accuracy.front();
}

}  // namespace

TEST_CASE("the best network is found for a part of what looking at all images of all takes", "[selection]") {
  const Fair fair;
  ImageForms forms;
  const auto result = select_best(fair.contenders(fair.tiny.data()), fair.tiny.data(), forms, {0.5, 0});
  REQUIRE(result.contenders.size() == 13);
  CHECK(result.contenders.front().name.starts_with("mlp/"));
  CHECK(result.looked <= result.all / 2);
  CHECK(result.looked > 0);
  const auto on = forms.get(fair.tiny.data(), result.contenders.front().description);
  CHECK(accuracy(result.contenders.front(), *on) == 1);
  const auto again = select_best(fair.contenders(fair.tiny.data()), fair.tiny.data(), forms, {0.5, 0});
  for (std::size_t i = 0; i < result.contenders.size(); ++i) {
    CHECK(again.contenders[i].name == result.contenders[i].name);
    CHECK(again.contenders[i].right == result.contenders[i].right);
  }
  CHECK(error_id([&] { select_best({}, fair.tiny.data(), forms, {}); }) == "selection.nothing");
}

TEST_CASE("a few examples put a wrong record right", "[selection]") {
  const Fair fair;
  auto found = fair.found(fair.tiny.data());
  CHECK(found.candidates.front().network.name.starts_with("a-wrong/"));
  probe(found, fair.tiny.zoo, fair.tiny.plugins, fair.tiny.data(), {.most = 100, .shots = 500});
  CHECK(found.candidates.front().network.name.starts_with("mlp/"));
  CHECK(found.candidates.size() == 13);
}

TEST_CASE("classes in another order are answered, and a network of them alone can be written", "[selection]") {
  const Fair fair;
  const std::string turned = fair.tiny.data() + "[1,0]";
  ImageForms forms;
  auto result = select_best(fair.contenders(turned), turned, forms, {1.0, 0});
  const auto& best = result.contenders.front();
  CHECK(best.outputs == std::vector<std::int64_t>{1, 0});
  CHECK(best.accuracy() == 1);
  const auto own = with_outputs(best, fair.tiny.plugins, turned);
  CHECK(own.outputs.empty());
  CHECK(own.record.dataset == turned);
  CHECK(own.record.parents.back() == ParentLink{"cut-from", best.record.id});
  CHECK(accuracy(own, *forms.get(turned, own.description)) == 1);
}
