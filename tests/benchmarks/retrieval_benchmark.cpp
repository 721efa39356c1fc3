// How good the networks are that instructions find in a zoo, and what finding them takes, beside trivial choices.
//   build/release/bin/weightloom zoo grow tests/benchmarks/other_networks.toml --zoo quickstart/zoo
//   cmake --build --preset release --target retrieval_benchmark
//   build/release/bin/retrieval_benchmark quickstart/zoo words.safetensors tests/language/instructions.tsv 50
// For each request every network that fits is run on all test images: what is chosen is compared with the best of them.
// `words.safetensors` is what `weightloom words build --out` makes.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/language/reading.hpp"
#include "weightloom/plugin/plugin_card.hpp"
#include "weightloom/workflow/selection.hpp"

namespace {
using namespace weightloom;

struct Request {
  std::string text, data;
  Wanted wanted;
};

std::vector<std::string> instructions_in(const char* path) {
  std::vector<std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) out.push_back(line.substr(0, line.find('\t')));
  return out;
}

// Requests of the file, drawn at random among those that are read, that some network fits, and that leave something to
// choose.
std::vector<Request> requests_of(const char* path, std::size_t count, const Zoo& zoo, const PluginRegistry& registry,
                                 const WordVectors& words) {
  const auto cards = zoo_cards(zoo);
  const auto names = plugin_keywords(plugin_cards(registry));
  const auto instructions = instructions_in(path);
  std::vector<Request> chosen;
  Random random(1);
  for (const auto i : random.permutation(static_cast<std::int64_t>(instructions.size()))) {
    const std::string& text = instructions[static_cast<std::size_t>(i)];
    if (chosen.size() == count) break;
    try {
      const auto reading = read_instruction(text, cards, words);
      const auto network = read_architecture(text, names, words);
      Request request{text, reading.data(), wanted_of(reading.data(), cards, text, network, registry)};
      if (retrieve(zoo, request.wanted).candidates.size() > 1) chosen.push_back(std::move(request));
    } catch (const Error&) {
    }
  }
  return chosen;
}

// True accuracies, each network executed once on all test images of a source.
class Truth {
 public:
  Truth(const Zoo& zoo, const PluginRegistry& registry) : zoo_(zoo), registry_(registry) {}

  double accuracy(const Candidate& candidate, const Request& request) {
    const auto& scores = scores_of(candidate, request.wanted.source);
    auto labels = labels_.at(request.wanted.source);
    auto own = scores;
    if (!candidate.outputs.empty()) own = own.index_select(1, torch::tensor(candidate.outputs));
    if (request.wanted.classes.empty()) return own.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>();
    std::int64_t right = 0, images = 0;
    for (std::size_t c = 0; c < request.wanted.classes.size(); ++c) {
      const auto rows = labels.eq(request.wanted.classes[c]).nonzero().flatten();
      right += own.index_select(0, rows).argmax(1).eq(static_cast<std::int64_t>(c)).sum().item<std::int64_t>();
      images += rows.size(0);
    }
    return static_cast<double>(right) / static_cast<double>(images);
  }

 private:
  const torch::Tensor& scores_of(const Candidate& candidate, const std::string& source) {
    auto& scores = scores_[candidate.network.id];
    if (scores.defined()) return scores;
    const auto contender = stored_contender(zoo_, registry_, candidate);
    const auto on = forms_.get(source, contender.description);
    labels_[source] = on->test.labels;
    const Executor executor(contender.description);
    std::vector<torch::Tensor> parts;
    for (std::int64_t at = 0; at < on->test.labels.size(0); at += 500)
      parts.push_back(executor.forward(contender.weights, on->test.images.narrow(0, at, 500))[0]);
    return scores = torch::cat(parts);
  }

  const Zoo& zoo_;
  const PluginRegistry& registry_;
  ImageForms forms_;
  std::map<std::string, torch::Tensor> scores_, labels_;
};

struct Row {
  const char* name;
  std::vector<double> regrets, seconds;
  double looked = 0, all = 0;

  void add(double regret, double time) {
    regrets.push_back(regret);
    seconds.push_back(time);
  }
  void print() {
    std::ranges::sort(regrets);
    std::ranges::sort(seconds);
    double sum = 0;
    for (const double regret : regrets) sum += regret;
    const auto within = [&](double most) {
      return std::ranges::count_if(regrets, [&](double r) { return r <= most; });
    };
    std::printf("%-28s %7.4f %7.4f %6td %6td %8.3f %8.3f", name, sum / static_cast<double>(regrets.size()),
                regrets.back(), within(0.01), within(0.005), seconds[seconds.size() / 2], seconds.back());
    if (all > 0) std::printf("  %.3f of all looks", looked / all);
    std::printf("\n");
  }
};

template <class Work>
double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::puts("usage: retrieval_benchmark ZOO WORDS INSTRUCTIONS COUNT"), 2;
  set_threads(2);
  const torch::NoGradGuard no_grad;
  const Zoo zoo = Zoo::open(argv[1], Zoo::Access::kRead);
  const WordVectors words = WordVectors::load(argv[2]);
  const PluginRegistry registry(PluginRegistry::default_directories());
  const auto requests = requests_of(argv[3], std::strtoul(argv[4], nullptr, 10), zoo, registry, words);
  Truth truth(zoo, registry);
  Row rows[] = {{"retrieve, records", {}, {}},
                {"retrieve, with examples", {}, {}},
                {"select, a quarter", {}, {}},
                {"best recorded accuracy", {}, {}},
                {"newest", {}, {}},
                {"largest", {}, {}},
                {"at random (mean)", {}, {}}};
  Random random(2);
  double fitting = 0;
  for (const auto& request : requests) {
    Retrieval found;
    const double first = seconds_of([&] { found = retrieve(zoo, request.wanted); });
    const auto& all = found.candidates;
    fitting += static_cast<double>(all.size());
    std::vector<double> accuracy;
    for (const auto& candidate : all) accuracy.push_back(truth.accuracy(candidate, request));
    const double best = *std::ranges::max_element(accuracy);
    const auto by_name = [&](const std::string& name) {
      for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].network.name == name) return accuracy[i];
      return 0.0;
    };
    const auto by = [&](const auto& key) {
      return accuracy[static_cast<std::size_t>(std::ranges::max_element(all, {}, key) - all.begin())];
    };
    rows[0].add(best - accuracy.front(), first);

    Retrieval looked = found;
    const double second = seconds_of([&] { probe(looked, zoo, registry, request.data, {}); });
    rows[1].add(best - by_name(looked.candidates.front().network.name), second);

    ImageForms forms;
    SelectionResult result;
    const double third = seconds_of([&] {
      std::vector<Contender> contenders;
      for (const auto& candidate : all) contenders.push_back(stored_contender(zoo, registry, candidate));
      result = select_best(std::move(contenders), request.data, forms, {0.25, 0});
    });
    rows[2].add(best - by_name(result.contenders.front().name), third);
    rows[2].looked += static_cast<double>(result.looked);
    rows[2].all += static_cast<double>(result.all);

    const auto recorded = [](const Candidate& candidate) {
      double most = 0;
      for (const auto& [name, value] : candidate.network.metrics)
        if (name.ends_with("accuracy")) most = std::max(most, value);
      return most;
    };
    rows[3].add(best - by(recorded), 0);
    rows[4].add(best - by([](const Candidate& candidate) { return candidate.network.created; }), 0);
    rows[5].add(best - by([](const Candidate& candidate) { return candidate.network.parameters; }), 0);
    double mean = 0;
    for (const double value : accuracy) mean += value / static_cast<double>(accuracy.size());
    rows[6].add(best - mean, 0);
  }
  std::printf("%zu requests, %.0f networks that fit each\n", requests.size(),
              fitting / static_cast<double>(requests.size()));
  std::printf("%-28s %7s %7s %6s %6s %8s %8s\n", "", "regret", "worst", "<=.01", "<=.005", "median s", "most s");
  for (auto& row : rows) row.print();
}
