#include "weightloom/training/checkpoint.hpp"

#include <catch2/catch.hpp>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {

using test::TemporaryFolder;

// One thing of each kind that can be kept.
struct Things {
  torch::Tensor values = torch::zeros({3}), later;
  torch::Generator generator = make_generator(0);
  double figure = 0;
  std::int64_t count = 0;
  TrainingState state;

  Things() {
    state.keep("values", values);
    state.keep("later", later);
    state.keep("generator", generator);
    state.keep("figure", figure);
    state.keep("count", count);
  }
};

void write(const std::filesystem::path& path, const TensorMap& tensors, const std::string& fingerprint = "print") {
  write_safetensors(path, tensors, {{"weightloom.checkpoint", fingerprint}});
}

TEST_CASE("everything that a state keeps comes back, in place", "[checkpoint]") {
  const TemporaryFolder folder;
  const Checkpoint checkpoint{folder / "state.safetensors", "print"};
  Things before;
  before.values.copy_(torch::tensor({1.0f, 2.0f, 3.0f}));
  before.later = torch::ones({2}, torch::kFloat64);
  before.figure = 0.1;
  before.count = std::int64_t{1} << 60;
  torch::rand({5}, before.generator);
  checkpoint.save(42, before.state);

  Things after;
  const auto view = after.values.narrow(0, 1, 1);
  CHECK(checkpoint.restore(after.state) == 42);
  CHECK(torch::equal(after.values, before.values));
  CHECK(view.item<float>() == 2.0f);
  CHECK(torch::equal(after.later, before.later));
  CHECK(after.figure == 0.1);
  CHECK(after.count == std::int64_t{1} << 60);
  CHECK(torch::equal(torch::rand({5}, after.generator), torch::rand({5}, before.generator)));
}

TEST_CASE("without a file, or with that of another training, all starts afresh", "[checkpoint]") {
  const TemporaryFolder folder;
  Things things;
  CHECK(Checkpoint{}.restore(things.state) == 0);
  const Checkpoint checkpoint{folder / "state.safetensors", "print"}, other{checkpoint.path, "other"};
  CHECK(checkpoint.restore(things.state) == 0);
  things.figure = 1;
  other.save(3, things.state);
  things.figure = 2;
  CHECK(checkpoint.restore(things.state) == 0);
  CHECK(things.figure == 2);
  CHECK(other.restore(things.state) == 3);
  CHECK(things.figure == 1);
}

TEST_CASE("a damaged checkpoint is refused with its path and a way out, and changes nothing", "[checkpoint]") {
  const TemporaryFolder folder;
  const Checkpoint checkpoint{folder / "state.safetensors", "print"};
  Things good;
  good.figure = 5;
  checkpoint.save(3, good.state);
  const auto tensors = read_safetensors(checkpoint.path).tensors;
  const auto text = read_file(checkpoint.path);

  const auto refused = [&] {
    Things things;
    try {
      checkpoint.restore(things.state);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.id() == "checkpoint.damaged");
      CHECK(error.code() == ErrorCode::kRefused);
      CHECK(error.path() == checkpoint.path.string());
      CHECK(error.hint().find("delete it") != std::string::npos);
    }
    CHECK(things.figure == 0);
  };
  const auto changed = [&](const std::function<void(TensorMap&)>& change) {
    auto broken = tensors;
    change(broken);
    write(checkpoint.path, broken);
    refused();
  };

  write_file(checkpoint.path, text.substr(0, text.size() - 4));  // truncated
  refused();
  write_file(checkpoint.path, "step = many");
  refused();
  write_safetensors(checkpoint.path, tensors);  // any other safetensors file
  refused();
  changed([](TensorMap& map) { map.erase("step"); });
  changed([](TensorMap& map) { map.at("step") = HostTensor::from_f32({1}, std::vector<float>{1}); });
  changed([](TensorMap& map) { map.at("step") = to_host(torch::tensor(std::int64_t{-1})); });
  changed([](TensorMap& map) { map.erase("values"); });
  changed([](TensorMap& map) { map.at("values") = to_host(torch::zeros({4})); });
  changed([](TensorMap& map) { map.at("figure") = to_host(torch::tensor(1.0f)); });
  changed([](TensorMap& map) { map["stranger"] = to_host(torch::zeros({1})); });
}

TEST_CASE("a generator's state that is none is refused", "[checkpoint]") {
  const TemporaryFolder folder;
  const Checkpoint checkpoint{folder / "state.safetensors", "print"};
  Things things;
  checkpoint.save(3, things.state);
  auto tensors = read_safetensors(checkpoint.path).tensors;
  std::fill(tensors.at("generator").bytes.begin(), tensors.at("generator").bytes.end(), std::byte{0xff});
  write(checkpoint.path, tensors);
  CHECK_THROWS_AS(checkpoint.restore(things.state), Error);
}

TEST_CASE("a fingerprint tells values, types, shapes and the ends of texts apart", "[checkpoint]") {
  const auto print = [](auto... parts) {
    Fingerprint out;
    (out.add(parts), ...);
    return out.text();
  };
  CHECK(print("ab", "c") == print("ab", "c"));
  CHECK(print("ab", "c") != print("a", "bc"));
  CHECK(print(torch::zeros({2, 3})) != print(torch::zeros({3, 2})));
  CHECK(print(torch::zeros({2})) != print(torch::zeros({2}, torch::kInt64)));
  CHECK(print(torch::zeros({2})) != print(torch::ones({2})));
}

}  // namespace
}  // namespace weightloom
