#include "weightloom/data/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "source_reader.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/data/grouping.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kMostValues = std::int64_t{4} << 30;  // 16 GiB of pixels in one data set

// One part of the source in the wanted form, not yet standardised.
struct Pixels {
  std::vector<float> values;
  std::vector<std::int64_t> labels;
};

// Which images of a part are kept: of each class all, or a sample of fixed size in which every image of the class is as
// likely (Vitter 1985, algorithm R).
class Reservoir {
 public:
  Reservoir(std::int64_t most, std::uint64_t seed) : most_(most), random_(seed) {}

  // The place of the next image of `label` among the `count` images that are kept: `count` for a new one, another
  // where it takes the place of an earlier one, nothing where it is left out.
  std::optional<std::int64_t> place(std::int64_t label, std::int64_t count) {
    if (most_ == 0) return count;
    auto& of_class = classes_[label];
    ++of_class.seen;
    if (static_cast<std::int64_t>(of_class.places.size()) < most_) {
      of_class.places.push_back(count);
      return count;
    }
    const auto drawn = random_.below(static_cast<std::uint64_t>(of_class.seen));
    if (drawn >= of_class.places.size()) return std::nullopt;
    return of_class.places[drawn];
  }

 private:
  struct OfClass {
    std::int64_t seen = 0;
    std::vector<std::int64_t> places;
  };
  std::int64_t most_;  // of a class; 0: all
  Random random_;
  std::map<std::int64_t, OfClass> classes_;
};

std::int64_t length(const ImageForm& form) {
  return form.channels * form.size * form.size;
}

// The share of the values, in fourths, that a part may take.
Reservoir reservoir(const ImageLimits& limits, std::int64_t fourths, std::size_t classes, const ImageForm& form,
                    std::uint64_t seed) {
  if (limits.most_values == 0) return {0, seed};
  const auto each = std::max<std::int64_t>(1, static_cast<std::int64_t>(classes) * length(form));
  return {std::max<std::int64_t>(1, limits.most_values / 4 * fourths / each), seed};
}

void check_form(const ImageForm& form) {
  if ((form.channels != 1 && form.channels != 3) || form.size < 1 || form.size > 4096)
    throw Error(
        ErrorCode::kUsage, "data.form",
        "cannot make images of " + std::to_string(form.channels) + " channels and size " + std::to_string(form.size),
        "channels must be 1 or 3, the size 1 .. 4096");
}

void append(Pixels& part, const Raster& image, std::int64_t label, const ImageForm& form, Reservoir& reservoir) {
  const auto size = static_cast<std::size_t>(length(form));
  const auto place = reservoir.place(label, static_cast<std::int64_t>(part.labels.size()));
  if (!place) return;
  const auto begin = static_cast<std::size_t>(*place) * size;
  if (begin + size > static_cast<std::size_t>(kMostValues))
    throw Error(ErrorCode::kRefused, "data.too_large", "the data set does not fit into memory",
                "more than " + std::to_string(kMostValues) + " pixel values", "choose a smaller image size");
  if (begin == part.values.size()) {
    part.values.resize(begin + size);
    part.labels.push_back(label);
  }
  resample(image, form, std::span(part.values).subspan(begin, size));
}

void measure(const Pixels& part, ImageData& data) {
  const auto area = data.form.size * data.form.size, channels = data.form.channels;
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < part.labels.size(); ++i) {
      const float* plane = part.values.data() + (static_cast<std::int64_t>(i) * channels + c) * area;
      for (std::int64_t k = 0; k < area; ++k) sum += plane[k], squares += static_cast<double>(plane[k]) * plane[k];
    }
    const double count = std::max(1.0, static_cast<double>(part.labels.size()) * static_cast<double>(area));
    const double mean = sum / count, variance = std::max(0.0, squares / count - mean * mean);
    data.mean.push_back(static_cast<float>(mean));
    data.deviation.push_back(static_cast<float>(std::max(std::sqrt(variance), 1e-3)));
  }
}

// New label of every old one; -1 where the class is left out.
using Relabelling = std::vector<std::int64_t>;

std::int64_t new_label(const Relabelling& map, std::int64_t label) {
  return label < 0 ? label : map[static_cast<std::size_t>(label)];
}

Relabelling relabelling(const DataSpec& spec, std::size_t classes) {
  Relabelling map(classes, -1);
  if (spec.classes.empty())
    for (std::size_t c = 0; c < classes; ++c) map[c] = static_cast<std::int64_t>(c);
  for (std::size_t i = 0; i < spec.classes.size(); ++i) {
    if (spec.classes[i] >= static_cast<std::int64_t>(classes))
      throw Error(ErrorCode::kUsage, "data.class", "cannot use data set '" + spec.text() + "'",
                  "class " + std::to_string(spec.classes[i]) + " does not exist",
                  "'" + spec.source + "' has classes 0 .. " + std::to_string(classes - 1));
    map[static_cast<std::size_t>(spec.classes[i])] = static_cast<std::int64_t>(i);
  }
  return map;
}

// What becomes of the classes of a source: they are grouped, and some of the groups, or of the classes, are chosen.
struct Choice {
  std::optional<Relabelling> groups;  // each has as many images as the others
  std::int64_t group_count = 0;
  Relabelling labels;
  std::uint64_t seed = 0;

  std::int64_t label(std::int64_t c) const { return new_label(labels, groups ? new_label(*groups, c) : c); }
};

// Those of `order` whose groups have equal shares of them.
std::vector<std::int64_t> in_equal_shares(const Pixels& part, std::span<const std::int64_t> order,
                                          const Choice& choice) {
  std::vector<std::int64_t> grouped, labels, out;
  for (const auto i : order)
    if (const auto group = new_label(*choice.groups, part.labels[static_cast<std::size_t>(i)]); group >= 0) {
      grouped.push_back(i);
      labels.push_back(group);
    }
  for (const auto at : equal_shares(labels, choice.group_count, choice.seed))
    out.push_back(grouped[static_cast<std::size_t>(at)]);
  return out;
}

// The images of `part` at `order`, in that order, without the classes left out; at most `limit` (0: all).
ImageSet select(const Pixels& part, std::span<const std::int64_t> order, const Choice& choice, const ImageData& data,
                std::int64_t limit) {
  const auto area = data.form.size * data.form.size, channels = data.form.channels;
  std::vector<std::int64_t> shares, chosen;
  if (choice.groups) order = shares = in_equal_shares(part, order, choice);
  for (auto i : order)
    if (choice.label(part.labels[static_cast<std::size_t>(i)]) >= 0 &&
        (limit == 0 || static_cast<std::int64_t>(chosen.size()) < limit))
      chosen.push_back(i);
  ImageSet split;
  split.images.reserve(chosen.size() * static_cast<std::size_t>(channels * area));
  for (auto i : chosen) {
    split.labels.push_back(choice.label(part.labels[static_cast<std::size_t>(i)]));
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto mean = data.mean[static_cast<std::size_t>(c)], scale = 1 / data.deviation[static_cast<std::size_t>(c)];
      const float* plane = part.values.data() + (i * channels + c) * area;
      for (std::int64_t k = 0; k < area; ++k) split.images.push_back((plane[k] - mean) * scale);
    }
  }
  return split;
}

std::vector<std::int64_t> in_order(std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) order[static_cast<std::size_t>(i)] = i;
  return order;
}

}  // namespace

ImageData load_images(const DataSpec& spec, const ImageForm& wanted, std::uint64_t split_seed,
                      const ImageLimits& limits) {
  check_form(wanted);
  const auto grouping = ClassGrouping::of(spec.source);
  const auto source = open_source(grouping ? grouping->source : spec.source, split_seed);
  const auto names = grouping ? grouping->names(source.class_names) : source.class_names;
  Choice choice{{}, static_cast<std::int64_t>(names.size()), relabelling(spec, names.size()), split_seed};
  if (grouping) choice.groups = grouping->group_of_each(source.class_names.size());
  Pixels train, test;
  Sha256 hash;
  ImageForm form = wanted;
  std::optional<Reservoir> of_train, of_test;
  const auto begin = [&](const Raster& first) {
    if (!limits.enlarge)
      form = {std::min(form.channels, first.channels), std::min(form.size, std::max(first.height, first.width))};
    const auto classes = source.class_names.size();
    of_train = reservoir(limits, 3, classes, form, derive_seed(split_seed, "sample/train"));
    of_test = reservoir(limits, 1, classes, form, derive_seed(split_seed, "sample/test"));
  };
  source.read(
      [&](const Raster& image, std::int64_t label, Part part) {
        if (!of_train) begin(image);
        const bool trains = part == Part::kTrain;
        append(trains ? train : test, image, label, form, trains ? *of_train : *of_test);
      },
      hash);

  ImageData data;
  data.name = spec.text();
  data.form = form;
  measure(train, data);
  if (spec.classes.empty()) data.class_names = names;
  for (auto c : spec.classes) data.class_names.push_back(names[static_cast<std::size_t>(c)]);

  const auto count = static_cast<std::int64_t>(train.labels.size());
  const auto order = Random(derive_seed(split_seed, "validation")).permutation(count);
  const auto [validation_order, train_order] =
      std::pair(std::span(order).first(static_cast<std::size_t>(count / 10)),
                std::span(order).subspan(static_cast<std::size_t>(count / 10)));
  data.validation = select(train, validation_order, choice, data, 0);
  data.train = select(train, train_order, choice, data, spec.train_limit);
  data.test = select(test, in_order(static_cast<std::int64_t>(test.labels.size())), choice, data, 0);
  if (data.train.count() == 0 || data.test.count() == 0)
    throw Error(ErrorCode::kRefused, "data.empty", "cannot use data set '" + spec.text() + "'",
                "no " + std::string(data.train.count() == 0 ? "training" : "test") + " images are left");
  hash.update(data.name + "|" + std::to_string(form.channels) + "x" + std::to_string(form.size) + "|" +
              std::to_string(split_seed));
  data.hash = to_hex(hash.finish());
  return data;
}

}  // namespace weightloom
