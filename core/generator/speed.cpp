#include "weightloom/generator/speed.hpp"

#include <torch/autograd.h>

#include <chrono>
#include <functional>

#include "weightloom/compute/torch_error.hpp"
#include "weightloom/runtime/dataset.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kShots = 32, kImages = 64;

// Runs a second, after a first to warm up.
double runs_per_second(const std::function<void()>& run, double seconds) {
  using Clock = std::chrono::steady_clock;
  run();
  const auto begin = Clock::now();
  std::chrono::duration<double> elapsed{};
  std::int64_t runs = 0;
  while (elapsed.count() < seconds || runs == 0) {
    run();
    ++runs;
    elapsed = Clock::now() - begin;
  }
  return static_cast<double>(runs) / elapsed.count();
}

Condition random_condition(const NetworkPlan& plan, std::int64_t networks, torch::Generator& generator) {
  const auto& description = plan.description();
  const auto& shape = description.input.shape;
  const auto images =
      torch::randn({networks * description.classes * kShots, shape[0], shape[1], shape[2]}, generator, plan.floats());
  const auto by_class = [&](const torch::Tensor& x) {
    return x.view({networks, description.classes, kShots, x.size(1)});
  };
  return example_condition(plan, by_class(thumbnails(images)), by_class(anchor_features(plan, images)));
}

}  // namespace

GeneratorSpeed measure_speed(GeneratorModel& model, const NetworkPlan& plan, std::int64_t networks, double seconds) {
  return translate_torch_errors("measure the generator", [&] {
    auto generator = make_generator(0);
    const auto& shape = plan.description().input.shape;
    const Condition condition = random_condition(plan, networks, generator);
    const auto floats = plan.floats(), indices = indices_like(plan.reference_scales());
    const auto images = torch::randn({networks, kImages, shape[0], shape[1], shape[2]}, generator, floats);
    const auto labels = torch::randint(plan.description().classes, {networks * kImages}, generator, indices);
    const auto parameters = model.parameters();

    const auto write = [&] {
      const torch::NoGradGuard no_grad;
      model.sample(plan, model.prepare(plan, condition), SamplingOptions{});
    };
    const auto learn = [&] {
      const auto prepared = model.prepare(plan, condition);
      const auto tokens = torch::zeros({networks, plan.slots(), model.tokenizer().config().codebooks}, indices);
      const auto hidden = model.hidden(plan, prepared, tokens, 0);
      const auto draft = model.expected(plan, prepared, hidden);
      const auto written = model.tokenizer().assemble(plan, draft.latents, draft.scales);
      const auto logits = plan.executor().forward(written, images, {ExecutionMode::Norm::kBatch});
      const auto loss = torch::cross_entropy_loss(logits.flatten(0, 1), labels);
      torch::autograd::grad({loss}, parameters, {}, /*retain_graph=*/{}, /*create_graph=*/false, /*allow_unused=*/true);
    };
    const auto positions = static_cast<double>(networks * plan.slots());
    return GeneratorSpeed{positions * runs_per_second(write, seconds), positions * runs_per_second(learn, seconds)};
  });
}

}  // namespace weightloom
