// Nodes whose body is TorchScript: what they compute, and what they may not do.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "../../core/runtime/operators/script_function.hpp"
#include "networks.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/network/symmetry.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/runtime/weights.hpp"

using namespace weightloom;
using namespace weightloom::testing;
using torch::Tensor;

namespace {

std::string refusal(const std::string& code, std::size_t arguments = 1) {
  try {
    ScriptFunction("node", code, arguments)(std::vector<Tensor>(arguments, torch::ones({2, 3})));
  } catch (const Error& error) {
    CHECK(error.id() == "executor.script");
    return error.what();
  }
  return "";
}

// The lines of a function of x.
std::string body(const std::string& lines) {
  return "def forward(x):\n" + lines + "\n  return x\n";
}

// A script between two convolutions of `width` channels.
NetworkDescription gated(std::int64_t width, const std::string& axes) {
  DescriptionWriter net("test.gated", {1, 6, 6});
  const auto gain = net.parameter("gain", {width}, "scale", {{"kind", "ones"}});
  const auto x = net.node("gate", "script", {net.conv("first", "image", 1, width, 3, 1, 1, true)}, {{"a", gain}},
                          {{"code", "def forward(x, gain):\n  return x * torch.sigmoid(x * gain[:, None, None])\n"},
                           {"shape", {width, 6, 6}},
                           {"axes", axes}});
  return net.finish(net.linear("head", net.node("pooled", "global_avg_pool", {x}), width, 3));
}

}  // namespace

TEST_CASE("a script computes what it says, for every member with its own parameters", "[script]") {
  const Executor executor(gated(4, "c..,c->c.."));
  auto generator = make_generator(3);
  auto weights = initial_weights(executor.description(), 3, 1);
  for (auto& tensor : weights.tensors) tensor = torch::randn(tensor.sizes(), generator);
  const auto images = torch::randn({5, 1, 6, 6}, generator);
  const auto before = executor.value(weights, images, "first"), after = executor.value(weights, images, "gate");
  const auto gain = weights.tensors[executor.description().find_parameter("gain").value()];
  CHECK(torch::allclose(after, before * torch::sigmoid(before * gain.view({3, 1, 4, 1, 1})), 1e-5, 1e-6));
}

TEST_CASE("a script may be differentiated", "[script]") {
  const ScriptFunction function("node", "def forward(x, w):\n  return torch.einsum('ni,i->n', x, w * w)\n", 2);
  const auto x = torch::tensor({{1.0f, 2.0f}, {3.0f, 4.0f}}), w = torch::tensor({0.5f, -1.0f}).requires_grad_();
  function({x, w}).sum().backward();
  CHECK(torch::allclose(w.grad(), torch::tensor({4.0f, -12.0f})));
}

TEST_CASE("the last line of a script needs no end", "[script]") {
  const ScriptFunction function("node", "def forward(x):\n  return torch.fft_fft(x).real", 1);
  CHECK(torch::equal(function({torch::tensor({{1.0f, 2.0f}})}), torch::tensor({{3.0f, -1.0f}})));
}

TEST_CASE("conditions and bounded loops are part of it", "[script]") {
  const ScriptFunction function("node",
                                "def forward(x):\n"
                                "  y = torch.zeros_like(x)\n"
                                "  for i in range(x.size(1)):\n"
                                "    if i % 2 == 0:\n"
                                "      y = y + x[:, i:i + 1]\n"
                                "  for k in range(1, 3):\n"
                                "    y = y * k\n"
                                "  rows = [row for row in y.unbind(0)]\n"
                                "  return torch.stack(rows)\n",
                                1);
  CHECK(torch::equal(function({torch::tensor({{1.0f, 10.0f, 100.0f}})}), torch::full({1, 3}, 202.0f)));
}

TEST_CASE("axes of one letter move together, others stay in place", "[script]") {
  const auto free = gated(4, "c..,c->c..");
  const auto groups = symmetry_groups(free);
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].size == 4);
  CHECK(groups[0].members.size() == 4);  // both ends of the convolution's rows, the gain, and what the head reads
  CHECK(symmetry_groups(gated(4, "")).empty());
  CHECK(symmetry_groups(gated(4, "...,.->...")).empty());
  CHECK_THROWS_WITH(gated(4, "c..->c.."), Catch::Matchers::Contains("2 inputs and parameters"));
  CHECK_THROWS_WITH(gated(4, "cc.,c->c.."), Catch::Matchers::Contains("at the letter 'c'"));
  CHECK_THROWS_WITH(gated(4, "c.,c->c.."), Catch::Matchers::Contains("each axis of an input"));
  CHECK_THROWS_WITH(gated(4, "c..,c->c..->"), Catch::Matchers::Contains("found"));
}

TEST_CASE("a script that reads, writes, prints, draws or does not end is refused with its line", "[script]") {
  const auto file = std::filesystem::temp_directory_path() / "weightloom_script_test";
  const auto quoted = "\"" + file.string() + "\"";
  for (const auto& line :
       {"torch.save(x, " + quoted + ")", "x = torch.from_file(" + quoted + ", True, 8)", std::string("print(x)"),
        std::string("x = torch.rand_like(x)"), std::string("x = torch.dropout(x, 0.5, True)"),
        std::string("x = torch.bernoulli(x)"), std::string("torch.manual_seed(3)"), std::string("x.add_(1)"),
        std::string("x += x"), std::string("x[0] = 1"), std::string("x = torch.relu_(x)"), std::string("x.set_data(x)"),
        std::string("torch.set_grad_enabled(False)"), std::string("for i in range(1000000):\n    x = x + 1"),
        std::string("while bool(x.sum() > 0):\n    x = x + 1"),
        std::string("for i in range(int(x.sum())):\n    x = x + 1"),
        std::string("for i in range(9):\n    for j in range(9):\n      for k in range(9):\n        for l in range(9):\n"
                    "          x = x + 1")}) {
    INFO(line);
    CHECK_THAT(refusal(body("  " + line)), !Catch::Matchers::Equals(""));
  }
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK_THAT(refusal(body("  x = x + 1\n  print(x)")), Catch::Matchers::Contains("line 3: 'Print'"));
}

TEST_CASE("a script that is none, or of another signature, says what is wrong", "[script]") {
  CHECK_THAT(refusal("def forward(x:\n  return x"), Catch::Matchers::Contains("cannot execute the script 'node'"));
  CHECK_THAT(refusal("def other(x):\n  return x\n"), Catch::Matchers::Contains("one function called forward"));
  CHECK_THAT(refusal("def f(x):\n  return x\ndef forward(x):\n  return f(x)\n"),
             Catch::Matchers::Contains("one function"));
  CHECK_THAT(refusal("def forward(x, y):\n  return x\n"), Catch::Matchers::Contains("takes 2 arguments"));
  CHECK_THAT(refusal("def forward(x: int):\n  return torch.ones([x])\n"), Catch::Matchers::Contains("each a tensor"));
  CHECK_THAT(refusal("def forward(x):\n  return 3\n"), Catch::Matchers::Contains("does not return a tensor"));
  CHECK_THAT(refusal("def forward(x):\n  return torch.no_such_thing(x)\n"), Catch::Matchers::Contains("no_such_thing"));
  CHECK_THAT(refusal("def forward(x):\n  return torch.mm(x, x)\n"), Catch::Matchers::Contains("shape"));
}

TEST_CASE("text that nests as deeply as it may does not bring the compiler down", "[script]") {
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
  };
  const std::size_t most = 16'000;
  refusal("def forward(x):\n  return " + repeated("(", most / 2 - 50) + "x" + repeated(")", most / 2 - 50) + "\n");
  refusal("def forward(x):\n  return " + repeated("-", most) + "x\n");
  refusal("def forward(x):\n  return x" + repeated(".t()", most / 4 - 20) + "\n");
  refusal("def forward(x):\n  return " + repeated("[", most) + "\n");
  refusal("def forward(x):\n  return x" + repeated("**x", most / 3 - 20) + "\n");
}

TEST_CASE("a result of another shape than the node declares is an error that names both", "[script]") {
  DescriptionWriter net("test.script", {4});
  const auto x = net.node("half", "script", {"image"}, Json::object(),
                          {{"code", "def forward(x):\n  return x[:, :2]\n"}, {"shape", {3}}});
  const Executor executor(net.finish(net.linear("head", x, 3, 2)));
  CHECK_THROWS_WITH(executor.forward(initial_weights(executor.description(), 1, 1), torch::ones({5, 4})),
                    Catch::Matchers::Contains("returned [5, 2]") && Catch::Matchers::Contains("[5, 3]"));
}
