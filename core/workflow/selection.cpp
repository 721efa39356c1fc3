#include "weightloom/workflow/selection.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/tasks.hpp"
#include "weightloom/workflow/generation.hpp"
#include "weightloom/workflow/records.hpp"

namespace weightloom {
namespace {

// Images that a network must see before it may leave, of many and of few.
constexpr std::int64_t kMostOfFirst = 16, kFewestOfFirst = 4;
// Executed together.
constexpr std::int64_t kLookBatch = 256;
// An accuracy that is recorded was taken from about so many images, or has drifted as much since.
constexpr double kRecordedImages = 2000;

// Fewer right answers go last; what was predicted decides between equals, then the name.
bool is_better(const Contender& a, const Contender& b) {
  if (a.accuracy() != b.accuracy()) return a.accuracy() > b.accuracy();
  if (a.predicted != b.predicted) return a.predicted > b.predicted;
  return a.name < b.name;
}

// A network that cannot take part, and no failure of the comparison.
bool is_unfit(const Error& error) {
  return error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kNotFound ||
         error.code() == ErrorCode::kRefused;
}

// Some training images of each class.
torch::Tensor example_rows(const LabelledImages& split, std::int64_t classes, std::int64_t shots, std::uint64_t seed) {
  auto draws = make_generator(derive_seed(seed, "probe"));
  std::vector<torch::Tensor> rows;
  for (std::int64_t c = 0; c < classes; ++c) {
    const auto own = (split.labels == c).nonzero().flatten();
    const auto order = torch::randperm(own.size(0), draws, own.options());
    rows.push_back(own.index_select(0, order.narrow(0, 0, std::min(shots, own.size(0)))));
  }
  return torch::cat(rows);
}

class Halving {
 public:
  Halving(std::vector<Contender> contenders, const std::string& data, ImageForms& forms, const SelectionBudget& budget)
      : data_(data), forms_(forms), budget_(budget) {
    out_.contenders = std::move(contenders);
    std::ranges::sort(out_.contenders, is_better);
    images_ = split_of(out_.contenders.front()).labels.size(0);
    for (const auto& contender : out_.contenders)
      if (split_of(contender).labels.size(0) != images_)
        throw Error(ErrorCode::kUsage, "selection.images", "networks cannot be compared on '" + data + "'",
                    "'" + contender.name + "' would see other images than the rest");
    auto draws = make_generator(derive_seed(budget.seed, "selection"));
    order_ = torch::randperm(images_, draws, torch::TensorOptions().dtype(torch::kLong));
    out_.all = images_ * static_cast<std::int64_t>(out_.contenders.size());
  }

  SelectionResult run(const ProgressSink& progress) {
    const auto total =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(budget_.share * static_cast<double>(out_.all)));
    const auto first = std::clamp(images_ / 8, kFewestOfFirst, kMostOfFirst);
    auto left = std::clamp<std::int64_t>(total / first, 1, static_cast<std::int64_t>(out_.contenders.size()));
    const auto rounds = std::max<std::int64_t>(1, std::bit_width(static_cast<std::uint64_t>(left) - 1));
    for (std::int64_t round = 0; round < rounds && seen_ < images_; ++round) {
      const auto each = std::max<std::int64_t>(1, (total - out_.looked) / ((rounds - round) * left));
      look_at_first(left, std::min(images_ - seen_, each));
      if (progress)
        progress({"select", static_cast<std::uint64_t>(round) + 1, static_cast<std::uint64_t>(rounds), "rounds",
                  nullptr, round + 1 == rounds || seen_ == images_});
      std::sort(out_.contenders.begin(), out_.contenders.begin() + left, is_better);
      left = std::max<std::int64_t>(1, (left + 1) / 2);
    }
    for (std::size_t i = 1; i < out_.contenders.size(); ++i) out_.contenders[i].weights = {};
    return std::move(out_);
  }

 private:
  const LabelledImages& split_of(const Contender& contender) {
    held_ = forms_.get(data_, contender.description);
    return held_->validation;
  }

  void look_at_first(std::int64_t count, std::int64_t images) {
    const auto rows = order_.narrow(0, seen_, images);
    for (std::int64_t i = 0; i < count; ++i) {
      throw_if_interrupted();
      auto& contender = out_.contenders[static_cast<std::size_t>(i)];
      look(contender, split_of(contender), rows);
      out_.looked += images;
    }
    seen_ += images;
  }

  const std::string& data_;
  ImageForms& forms_;
  const SelectionBudget& budget_;
  SelectionResult out_;
  std::shared_ptr<const TensorData> held_;
  torch::Tensor order_;
  std::int64_t images_ = 0, seen_ = 0;
};

}  // namespace

std::shared_ptr<const TensorData> ImageForms::get(const std::string& data, const NetworkDescription& description) {
  const auto& shape = description.input.shape;
  if (shape.size() != 3 || shape[1] != shape[2])
    throw Error(ErrorCode::kUsage, "selection.input", "cannot feed images to '" + description.label() + "'",
                "its input has shape " + to_string(shape) + ", expected [channels, size, size]");
  auto& cache = forms_[{shape[0], shape[1]}];
  if (!cache) cache = std::make_unique<DataCache>(ImageForm{shape[0], shape[1]}, ComputeOptions(), kGenerationLimits);
  return cache->get(data);
}

void ImageForms::take(std::unique_ptr<DataCache> data) {
  const auto form = data->form();
  forms_[{form.channels, form.size}] = std::move(data);
}

Contender stored_contender(const Zoo& zoo, const PluginRegistry& registry, const Candidate& candidate) {
  const ZooRecord record = zoo.get(candidate.network.id);
  if (record.architecture.empty())
    throw Error(ErrorCode::kUsage, "selection.architecture", "'" + record.name + "' cannot be executed",
                "its record names no architecture", "say it with `weightloom zoo set`");
  auto description = registry.describe(record.architecture, record.config);
  expect_classification(description, "look at images");
  auto weights = to_weights(description, zoo.weights(record));
  const auto most = candidate.outputs.empty() ? -1 : std::ranges::max(candidate.outputs);
  if (most >= description.classes)
    throw Error(ErrorCode::kUsage, "selection.classes", "'" + record.name + "' has not the classes of its data set",
                "its head has " + std::to_string(description.classes) + " outputs",
                "state its data set with `weightloom zoo set`");
  return {record.name,         record, std::move(description), std::move(weights), candidate.outputs,
          candidate.predicted, true};
}

std::vector<Contender> stored_contenders(const Zoo& zoo, const PluginRegistry& registry,
                                         const std::vector<Candidate>& candidates, const std::string& data,
                                         ImageForms& forms,
                                         const std::function<void(const Candidate&, const Error&)>& left_out,
                                         const Contender* beside) {
  std::vector<Contender> out;
  torch::Tensor labels;
  if (beside) labels = forms.get(data, beside->description)->validation.labels;
  for (const auto& candidate : candidates) {
    try {
      auto contender = stored_contender(zoo, registry, candidate);
      const auto on = forms.get(data, contender.description);
      const auto outputs = contender.outputs.empty() ? contender.description.classes
                                                     : static_cast<std::int64_t>(contender.outputs.size());
      if (outputs != on->classes())
        throw Error(ErrorCode::kUsage, "selection.classes",
                    "'" + contender.name + "' has not the classes of '" + data + "'");
      if (!labels.defined()) labels = on->validation.labels;
      if (!labels.equal(on->validation.labels))
        throw Error(ErrorCode::kUsage, "selection.images",
                    "'" + contender.name + "' would see other images than the rest");
      out.push_back(std::move(contender));
    } catch (const Error& error) {
      if (!is_unfit(error)) throw;
      left_out(candidate, error);
    }
  }
  return out;
}

Contender with_outputs(const Contender& contender, const PluginRegistry& registry, const std::string& data) {
  if (contender.outputs.empty()) return contender;
  return translate_torch_errors("cut a head", [&] {
    const GraphFacts facts = Executor(contender.description).facts();
    Json config = contender.description.config;
    config["classes"] = contender.outputs.size();
    Contender out = contender;
    out.description = registry.describe(contender.description.architecture, config);
    const auto rows = torch::tensor(contender.outputs, indices_like(contender.weights.tensors.front()));
    bool cut = false;
    for (const auto& name : {facts.head_weight, facts.head_bias}) {
      const auto p = contender.description.find_parameter(name);
      if (name.empty() || !p) continue;
      out.weights.tensors[*p] = contender.weights.tensors[*p].index_select(1, rows);
      cut = true;
    }
    if (!cut)
      throw Error(ErrorCode::kUsage, "selection.head", "cannot take some outputs of '" + contender.name + "' alone",
                  "they are not those of a linear layer");
    out.outputs.clear();
    out.record = network_record({}, registry, out.description, contender.record.family, data);
    if (!contender.record.id.empty()) out.record.parents.push_back({"cut-from", contender.record.id});
    return out;
  });
}

void look(Contender& contender, const LabelledImages& split, const torch::Tensor& rows) {
  translate_torch_errors("look at a network", [&] {
    const torch::NoGradGuard no_grad;
    const Executor executor(contender.description);
    for (std::int64_t at = 0; at < rows.size(0); at += kLookBatch) {
      const auto some = rows.narrow(0, at, std::min(kLookBatch, rows.size(0) - at));
      const auto images = fit_images(split.images.index_select(0, some), contender.description.input.shape);
      auto logits = executor.forward(contender.weights, images)[0];
      if (!contender.outputs.empty())
        logits = logits.index_select(1, torch::tensor(contender.outputs, split.labels.options()));
      contender.right += logits.argmax(1).eq(split.labels.index_select(0, some)).sum().item<std::int64_t>();
      contender.images += some.size(0);
    }
  });
}

void probe(Retrieval& retrieval, const Zoo& zoo, const PluginRegistry& registry, const std::string& data,
           const ProbeOptions& options, const ProgressSink& progress) {
  ImageForms forms;
  const auto count = std::min<std::size_t>(retrieval.candidates.size(), static_cast<std::size_t>(options.most));
  std::vector<Candidate> looked, others;
  for (std::size_t i = 0; i < retrieval.candidates.size(); ++i) {
    throw_if_interrupted();
    auto& candidate = retrieval.candidates[i];
    if (i >= count) {
      others.push_back(std::move(candidate));
      continue;
    }
    try {
      Contender contender = stored_contender(zoo, registry, candidate);
      const auto on = forms.get(data, contender.description);
      look(contender, on->train, example_rows(on->train, on->classes(), options.shots, options.seed));
      const double recorded = candidate.measured ? kRecordedImages : 0, seen = static_cast<double>(contender.images);
      candidate.predicted = (recorded * candidate.predicted + seen * contender.accuracy()) / (recorded + seen);
      candidate.reasons.push_back(std::to_string(contender.right) + " of " + std::to_string(contender.images) +
                                  " example images right");
      looked.push_back(std::move(candidate));
    } catch (const Error& error) {
      // What cannot be executed is still a candidate by its record.
      if (!is_unfit(error)) throw;
      candidate.reasons.push_back("cannot be executed: " + error.summary());
      others.push_back(std::move(candidate));
    }
    if (progress) progress({"probe", i + 1, count, "networks", nullptr, i + 1 == count});
  }
  std::ranges::stable_sort(looked, std::greater(), &Candidate::predicted);
  std::ranges::move(others, std::back_inserter(looked));
  retrieval.candidates = std::move(looked);
}

SelectionResult select_best(std::vector<Contender> contenders, const std::string& data, ImageForms& forms,
                            const SelectionBudget& budget, const ProgressSink& progress) {
  if (contenders.empty())
    throw Error(ErrorCode::kUsage, "selection.nothing", "there is nothing to choose from", "",
                "widen the request, or name networks");
  return translate_torch_errors("compare networks",
                                [&] { return Halving(std::move(contenders), data, forms, budget).run(progress); });
}

Meeting meet_zoo(Contender generated, const Zoo& zoo, const PluginRegistry& registry, const Wanted& wanted,
                 const std::string& data, ImageForms& forms, const ProgressSink& progress) {
  constexpr std::size_t kMost = 16;
  constexpr double kShare = 0.5;
  generated.predicted = 2;  // before any other, between equals
  auto found = retrieve(zoo, wanted);
  if (found.candidates.size() > kMost) found.candidates.resize(kMost);
  const auto unheard = [](const Candidate&, const Error&) {};
  const auto known = stored_contenders(zoo, registry, found.candidates, data, forms, unheard, &generated);
  std::vector<Contender> contenders;
  contenders.push_back(std::move(generated));
  for (const auto& stored : known) {
    try {
      contenders.push_back(with_outputs(stored, registry, data));
    } catch (const Error& error) {
      if (!is_unfit(error)) throw;
    }
  }
  Meeting out;
  out.met = static_cast<std::int64_t>(contenders.size()) - 1;
  auto result = select_best(std::move(contenders), data, forms, {kShare, 0}, progress);
  auto& best = result.contenders.front();
  out.accuracy = best.accuracy();
  if (best.stored) out.stored = std::move(best);
  return out;
}

}  // namespace weightloom
