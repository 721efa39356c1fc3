#include "weightloom/generator/exemplars.hpp"

#include <algorithm>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/compute/torch_error.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kMostValues = std::int64_t{1} << 22;

// Images of each class, drawn at random: `most`, or as many as the smallest class has. Undefined where one has none.
torch::Tensor draw_of_each(const LabelledImages& split, std::int64_t classes, std::int64_t most,
                           torch::Generator& draws) {
  const auto sizes = torch::bincount(split.labels, {}, classes);
  const auto count = std::min(most, sizes.min().item<std::int64_t>());
  if (count == 0) return {};
  std::vector<torch::Tensor> rows;
  for (std::int64_t c = 0; c < classes; ++c) {
    const auto own = (split.labels == c).nonzero().flatten();
    const auto order = torch::randperm(own.size(0), draws, indices_like(own));
    rows.push_back(own.index_select(0, order.narrow(0, 0, count)));
  }
  auto shape = split.images.sizes().vec();
  shape[0] = classes;
  shape.insert(shape.begin() + 1, count);
  return split.images.index_select(0, torch::cat(rows)).view(shape);
}

Exemplars draw_of(const TensorData& on, const std::string& source, std::uint64_t seed) {
  const auto classes = on.classes();
  const auto values = on.train.images.numel() / std::max<std::int64_t>(1, on.train.images.size(0));
  const auto count = std::clamp<std::int64_t>(kMostValues / (classes * values) * 2 / 3, 1, kMostExemplars);
  auto draws = make_generator(derive_seed(seed, "exemplars of " + source));
  Exemplars out{
      card_of(DataSpec::parse(source).source, on.class_names), draw_of_each(on.train, classes, count, draws), {}};
  if (!out.train.defined())
    throw Error(ErrorCode::kUsage, "data.empty_class", "a class of '" + source + "' has no training image");
  out.validation = draw_of_each(on.validation, classes, std::max<std::int64_t>(1, count / 2), draws);
  // Of a small data set a class may have none to validate on.
  if (!out.validation.defined()) out.validation = out.train;
  return out;
}

LabelledImages labelled(const torch::Tensor& by_class) {
  const auto labels = torch::arange(by_class.size(0), indices_like(by_class)).repeat_interleave(by_class.size(1));
  return {by_class.flatten(0, 1), labels};
}

TensorData as_data(const Exemplars& of, const std::string& name) {
  return {name, of.card.classes, labelled(of.train), labelled(of.validation), labelled(of.validation)};
}

constexpr std::pair<const char*, torch::Tensor Exemplars::*> kParts[] = {{"train", &Exemplars::train},
                                                                         {"validation", &Exemplars::validation}};

Error malformed(const std::string& why) {
  return {ErrorCode::kRefused, "exemplars.malformed", "cannot read what the generator remembers of its data", why,
          "make it again with `weightloom generator train`"};
}

}  // namespace

std::vector<Exemplars> draw_exemplars(DataCache& data, const std::vector<std::string>& sources, std::uint64_t seed) {
  return translate_torch_errors("draw exemplars", [&] {
    std::vector<Exemplars> out;
    for (const auto& source : sources) out.push_back(draw_of(*data.get(source), source, seed));
    return out;
  });
}

std::unique_ptr<DataCache> remembered(const std::vector<Exemplars>& exemplars) {
  ImageForm form;
  if (!exemplars.empty()) form = {exemplars.front().train.size(2), exemplars.front().train.size(3)};
  auto cache = std::make_unique<DataCache>(form);
  for (const Exemplars& of : exemplars) cache->keep(as_data(of, of.card.name));
  return cache;
}

void keep_remembered(const std::vector<Exemplars>& exemplars, DataCache& data) {
  for (const Exemplars& of : exemplars) data.keep(as_data(of, kRemembered + of.card.name));
}

Json save_exemplars(const std::vector<Exemplars>& exemplars, const std::string& prefix, TensorMap& tensors) {
  Json json = Json::array();
  for (const Exemplars& of : exemplars) {
    const auto low = std::min(of.train.min().item<double>(), of.validation.min().item<double>());
    const auto high = std::max(of.train.max().item<double>(), of.validation.max().item<double>());
    const double step = std::max(high - low, 1e-6) / 255;
    for (const auto& [name, part] : kParts)
      tensors[prefix + std::to_string(json.size()) + "." + name] =
          to_host(((of.*part - low) / step).round().clamp(0, 255).to(torch::kUInt8));
    json.push_back({{"card", to_json(of.card)}, {"lowest", low}, {"step", step}});
  }
  return json;
}

std::vector<Exemplars> load_exemplars(const Json& json, const std::string& prefix, const TensorMap& tensors,
                                      const ComputeOptions& compute) {
  std::vector<Exemplars> out;
  if (!json.is_array()) throw malformed("there is no list of them");
  for (const Json& entry : json) {
    if (!entry.is_object() || !entry.contains("card") || !entry.value("lowest", Json()).is_number() ||
        !entry.value("step", Json()).is_number())
      throw malformed("an entry has no card, or no scale");
    Exemplars of{card_from_json(entry["card"], "the generator"), {}, {}};
    for (const auto& [name, part] : kParts) {
      const auto found = tensors.find(prefix + std::to_string(out.size()) + "." + name);
      if (found == tensors.end() || found->second.dtype != DType::kU8 || found->second.shape.size() != 5 ||
          found->second.shape[0] != static_cast<std::int64_t>(of.card.classes.size()) ||
          element_count(found->second.shape) == 0)
        throw malformed("the images of '" + of.card.name + "' are not those of its classes");
      of.*part =
          to_torch(found->second).to(compute.floats()) * entry["step"].get<double>() + entry["lowest"].get<double>();
    }
    if (out.empty() ? of.train.sizes().slice(2) != of.validation.sizes().slice(2)
                    : of.train.sizes().slice(2) != out.front().train.sizes().slice(2))
      throw malformed("its images are of several forms");
    out.push_back(std::move(of));
  }
  return out;
}

}  // namespace weightloom
