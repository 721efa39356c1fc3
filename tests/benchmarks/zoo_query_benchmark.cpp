// How long a query over many records takes, opening the store included.
//   cmake --preset dev && ninja -C build/dev zoo_query_benchmark
//   build/dev/bin/zoo_query_benchmark /tmp/bench-zoo 10000
// Makes the store when it is not there. As a whole process:
//   perf stat -r 20 build/dev/bin/weightloom zoo query --zoo /tmp/bench-zoo 'arch=cnn and test_accuracy>0.95'

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace {
using namespace weightloom;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::pair<ZooRecord, TensorMap> network(int i, Random& random) {
  ZooRecord record;
  record.name = (i % 2 ? "fashion-mnist/cnn/" : "mnist/mlp/") + std::to_string(i);
  record.architecture = i % 2 ? "org.weightloom.cnn" : "org.weightloom.mlp";
  record.config = {{"width", 16 + i % 4 * 16}, {"depth", 2 + i % 5}, {"classes", 10}, {"activation", "relu"}};
  record.dataset = i % 2 ? "fashion-mnist@5000" : "mnist@5000";
  record.family = i % 2 ? "quickstart/cnn" : "quickstart/mlp";
  record.split = i % 10 ? "train" : "held-out";
  record.hyperparameters = {{"seed", i}, {"epochs", 10}, {"learning_rate", 0.001}, {"batch_size", 64}};
  record.metrics = {{"test_accuracy", 0.8 + 0.2 * random.uniform()},
                    {"test_loss", random.uniform()},
                    {"train_accuracy", 0.9 + 0.1 * random.uniform()}};
  record.tags = {"quickstart", i % 3 ? "good" : "check"};
  const std::vector<float> values(16, static_cast<float>(i));
  return {record, {{"w", HostTensor::from_f32({16}, values)}}};
}

void fill(const std::filesystem::path& store, int records) {
  auto zoo = Zoo::create(store);
  Random random(1);
  for (int done = 0; done < records;) {
    std::vector<std::pair<ZooRecord, TensorMap>> batch;
    for (; batch.size() < 256 && done < records; ++done) batch.push_back(network(done, random));
    zoo.add(std::move(batch));
  }
}

void measure(const std::filesystem::path& store, const std::string& text) {
  std::vector<double> opens, totals;
  std::size_t hits = 0;
  for (int round = 0; round < 21; ++round) {
    const auto start = Clock::now();
    const auto zoo = Zoo::open(store, Zoo::Access::kRead);
    opens.push_back(milliseconds_since(start));
    hits = zoo.summaries(parse_query(text)).size();
    totals.push_back(milliseconds_since(start));
  }
  std::sort(opens.begin(), opens.end());
  std::sort(totals.begin(), totals.end());
  std::printf("open %6.2f ms   open and query %6.2f ms   %6zu hits   %s\n", opens[10], totals[10], hits, text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: zoo_query_benchmark STORE RECORDS\n"), 2;
  try {
    const std::filesystem::path store = argv[1];
    if (!std::filesystem::exists(store)) fill(store, std::atoi(argv[2]));
    for (const char* query : {"name=mnist/mlp/4242", "arch=cnn and test_accuracy>0.999",
                              "arch:c* and test_accuracy>=0.9 and not tag:check and config.depth in (2, 3)",
                              "name~/7[0-9]$/ and hyper.seed<5000", ""})
      measure(store, query);
  } catch (const Error& error) {
    return std::fprintf(stderr, "%s\n", error.what()), static_cast<int>(error.code());
  }
}
