#include "weightloom/workflow/evaluation_cache.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tiny_zoo.hpp"
#include "weightloom/runtime/evaluation.hpp"

using namespace weightloom;
namespace fs = std::filesystem;

namespace {

struct Evaluated {
  test::TinyZoo zoo;
  NetworkDescription description = zoo.plugins.describe("mlp", {{"size", 4}, {"width", 8}, {"classes", 2}});
  Executor executor{description};
  Weights weights = initial_weights(description, 1, 1);
  TensorData data = load();
  fs::path folder = zoo.folder / "cache";
  EvaluationCache cache{folder};

  TensorData load() const { return load_tensors(DataSpec::parse(zoo.data()), {1, 4}); }
  CachedEvaluation test(const Weights& of, const LabelledImages& images, std::int64_t limit = 0, bool fresh = false) {
    return cache.evaluate({executor, of, images, nullptr, limit}, fresh);
  }
  std::size_t files() const { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }
};

}  // namespace

TEST_CASE("the same weights on the same images are looked at once", "[evaluation]") {
  Evaluated at;
  const auto first = at.test(at.weights, at.data.test);
  CHECK_FALSE(first.kept);
  const auto plain = evaluate(at.executor, at.weights, {&at.data.test});
  CHECK(first.accuracy == plain.accuracy[0]);
  CHECK(first.loss == plain.loss[0]);
  // Read anew, from the same bytes.
  const auto again = at.test(at.weights.clone(), at.load().test);
  CHECK(again.kept);
  CHECK(again.accuracy == first.accuracy);
  CHECK(again.loss == first.loss);
  CHECK(again.images == first.images);
  CHECK_FALSE(at.test(at.weights, at.data.test, 0, true).kept);
  CHECK(at.files() == 1);
}

TEST_CASE("other weights, images, labels, limits and architectures are looked at", "[evaluation]") {
  Evaluated at;
  at.test(at.weights, at.data.test);
  CHECK_FALSE(at.test(at.weights, at.data.validation).kept);
  CHECK_FALSE(at.test(at.weights, at.data.test, 5).kept);
  CHECK(at.test(at.weights, at.data.test, 5).images == 5);
  auto other = at.weights.clone();
  other.tensors.back().add_(1e-6);
  CHECK_FALSE(at.test(other, at.data.test).kept);
  auto labels = at.data.test;
  labels.labels = 1 - labels.labels;
  const auto swapped = at.test(at.weights, labels);
  CHECK_FALSE(swapped.kept);
  CHECK(swapped.accuracy == Approx(1 - at.test(at.weights, at.data.test).accuracy));
  CHECK_FALSE(at.cache.evaluate({at.executor, at.weights, at.data.test, &at.data.train, 0}).kept);
  auto changed = at.description;
  changed.config["width"] = 9;
  const Executor executor(changed);
  CHECK_FALSE(at.cache.evaluate({executor, at.weights, at.data.test, nullptr, 0}).kept);
}

TEST_CASE("a data set whose files have changed is another one", "[evaluation]") {
  Evaluated at;
  at.test(at.weights, at.data.test);
  for (const auto& entry : fs::directory_iterator(fs::path(at.zoo.data()) / "left")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x7f');
  }
  CHECK_FALSE(at.test(at.weights, at.load().test).kept);
}

TEST_CASE("what is kept and damaged, or cannot be kept, is as good as none", "[evaluation]") {
  Evaluated at;
  const auto first = at.test(at.weights, at.data.test);
  const auto file = fs::directory_iterator(at.folder)->path();
  for (const char* content : {"", "{}", "not JSON", R"({"accuracy":"high","loss":1,"images":1})"}) {
    std::ofstream(file) << content;
    const auto again = at.test(at.weights, at.data.test);
    CHECK_FALSE(again.kept);
    CHECK(again.accuracy == first.accuracy);
  }
  std::ofstream(at.zoo.folder / "file") << "in the way";
  const EvaluationCache nowhere(at.zoo.folder / "file" / "cache");
  for (int i = 0; i < 2; ++i) CHECK_FALSE(nowhere.evaluate({at.executor, at.weights, at.data.test, nullptr, 0}).kept);
}
