#include "weightloom/retrieval/retrieval.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/data/dataset.hpp"

namespace weightloom {
namespace {

// Accuracies by the trust that they deserve: those on validation images were not chosen by, those on test images must
// not be chosen by where there are others.
constexpr std::array kAccuracies{"validation_accuracy", "val_accuracy", "val_acc", "accuracy", "acc",
                                 "test_accuracy",       "test_acc"};
// Below those of its kind that were measured.
constexpr double kUnmeasured = 0.05;

// Patterns of queries are bounded; of a long text its beginning will do.
constexpr std::size_t kLongestPattern = 60;

// A regular expression that matches what begins with `text`, or with its first bytes.
std::string beginning(std::string text) {
  if (text.size() > kLongestPattern) {
    text.resize(kLongestPattern);
    while (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80) text.pop_back();
  }
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}/").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::optional<std::pair<std::string, double>> recorded_accuracy(const RecordSummary& network) {
  for (const char* name : kAccuracies)
    if (const auto found = network.metrics.find(name); found != network.metrics.end()) {
      const double share = found->second > 1 && found->second <= 100 ? found->second / 100 : found->second;
      if (share >= 0 && share <= 1) return std::pair{std::string(name), share};
    }
  return std::nullopt;
}

// Positions of the wanted classes among those of a network; nothing where it lacks one.
std::optional<std::vector<std::int64_t>> outputs_for(const Wanted& wanted, std::vector<std::int64_t> known) {
  const auto all = wanted.all_classes;
  const auto every = [&] {
    std::vector<std::int64_t> classes;
    for (std::int64_t c = 0; c < all; ++c) classes.push_back(c);
    return classes;
  };
  if (known.empty() && wanted.classes.empty()) return std::vector<std::int64_t>();
  if (known.empty()) known = every();
  const auto classes = wanted.classes.empty() ? every() : wanted.classes;
  if (known.empty() || classes.empty()) return std::nullopt;  // how many there are is not known
  std::vector<std::int64_t> outputs;
  for (const auto c : classes) {
    const auto at = std::ranges::find(known, c);
    if (at == known.end()) return std::nullopt;
    outputs.push_back(at - known.begin());
  }
  if (known == classes) outputs.clear();
  return outputs;
}

std::int64_t outputs_of(const std::vector<std::int64_t>& known, const Wanted& wanted) {
  return known.empty() ? wanted.all_classes : static_cast<std::int64_t>(known.size());
}

// Of the errors of a network with `known` classes, those that remain between `wanted` of them.
double on_wanted(double accuracy, std::int64_t known, std::int64_t wanted) {
  if (known <= wanted || known < 2) return accuracy;
  return 1 - (1 - accuracy) * static_cast<double>(wanted - 1) / static_cast<double>(known - 1);
}

// Whether a setting is a number, or a list of it alone.
bool is_setting(const Json& config, const char* key, std::int64_t value) {
  const auto found = config.find(key);
  if (found == config.end()) return false;
  if (found->is_array())
    return !found->empty() && std::ranges::all_of(*found, [&](const Json& x) { return x == value; });
  return *found == value;
}

class Retriever {
 public:
  Retriever(const Zoo& zoo, const Wanted& wanted) : zoo_(zoo), wanted_(wanted) {}

  Retrieval retrieve() {
    const auto query = parse_query("dataset~/^" + beginning(wanted_.source) + "/");
    Retrieval out;
    for (auto& network : zoo_.summaries(query)) consider(std::move(network), out);
    predict_unmeasured(out.candidates);
    std::ranges::stable_sort(out.candidates, [](const Candidate& a, const Candidate& b) {
      return a.predicted != b.predicted ? a.predicted > b.predicted : a.network.name < b.network.name;
    });
    return out;
  }

 private:
  void consider(RecordSummary network, Retrieval& out) const {
    std::vector<std::int64_t> known;
    try {
      const DataSpec spec = DataSpec::parse(network.dataset);
      if (spec.source != wanted_.source) return;
      known = spec.classes;
    } catch (const Error&) {
      return;
    }
    ++out.considered;
    const auto outputs = outputs_for(wanted_, known);
    if (!outputs || !is_of_kind(network)) return;
    Candidate candidate{std::move(network), *outputs, 0, false, {}};
    const auto wanted =
        wanted_.classes.empty() ? wanted_.all_classes : static_cast<std::int64_t>(wanted_.classes.size());
    const auto own = outputs_of(known, wanted_);
    candidate.reasons.push_back("trained on " + candidate.network.dataset);
    if (!outputs->empty())
      candidate.reasons.push_back(own > wanted ? "tells " + std::to_string(own) + " classes apart, these among them"
                                               : "the same classes in another order");
    if (const auto accuracy = recorded_accuracy(candidate.network)) {
      candidate.measured = true;
      candidate.predicted = on_wanted(accuracy->second, own, wanted);
      candidate.reasons.push_back(accuracy->first + " " + format_percent(accuracy->second));
    }
    explain_kind(candidate);
    out.candidates.push_back(std::move(candidate));
  }

  bool is_of_kind(const RecordSummary& network) const {
    if (!wanted_.architecture.empty() && network.architecture != wanted_.architecture) return false;
    if (wanted_.most_parameters && network.parameters > *wanted_.most_parameters) return false;
    if (!wanted_.depth && !wanted_.width && wanted_.config.empty()) return true;
    const Json config = zoo_.get(network.id).config;
    for (const auto& [key, value] : wanted_.config.items())
      if (config.value(key, Json()) != value) return false;
    return (!wanted_.depth || is_setting(config, "depth", *wanted_.depth)) &&
           (!wanted_.width || is_setting(config, "width", *wanted_.width));
  }

  void explain_kind(Candidate& candidate) const {
    if (wanted_.depth) candidate.reasons.push_back("depth " + std::to_string(*wanted_.depth));
    if (wanted_.width) candidate.reasons.push_back("width " + std::to_string(*wanted_.width));
    if (wanted_.most_parameters) candidate.reasons.push_back(format_count(candidate.network.parameters) + " weights");
    for (const auto& tag : candidate.network.tags)
      if (std::ranges::find(wanted_.words, tag) != wanted_.words.end()) candidate.reasons.push_back("tag " + tag);
  }

  static void predict_unmeasured(std::vector<Candidate>& candidates) {
    std::map<std::string, std::pair<double, double>> by_architecture;  // sum and count
    double sum = 0, count = 0;
    for (const auto& candidate : candidates) {
      if (!candidate.measured) continue;
      auto& own = by_architecture[candidate.network.architecture];
      own.first += candidate.predicted, own.second += 1;
      sum += candidate.predicted, count += 1;
    }
    for (auto& candidate : candidates) {
      if (candidate.measured) continue;
      const auto own = by_architecture.find(candidate.network.architecture);
      const double mean = own != by_architecture.end() ? own->second.first / own->second.second
                          : count > 0                  ? sum / count
                                                       : 0.5;
      candidate.predicted = std::max(0.0, mean - kUnmeasured);
      candidate.reasons.push_back("no accuracy is recorded");
    }
  }

  const Zoo& zoo_;
  const Wanted& wanted_;
};

}  // namespace

Retrieval retrieve(const Zoo& zoo, const Wanted& wanted) {
  return Retriever(zoo, wanted).retrieve();
}

}  // namespace weightloom
