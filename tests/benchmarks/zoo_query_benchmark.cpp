// How fast a zoo of many networks is filled and asked, opening it included, and what it takes on disk and in memory.
//   cmake --preset dev && ninja -C build/dev zoo_query_benchmark sqlite_benchmark weightloom
//   build/dev/bin/zoo_query_benchmark /tmp/bench-zoo 100000
// Makes the store when it is not there. `sqlite_benchmark` does the same with SQLite. As a whole process:
//   perf stat -r 20 build/dev/bin/weightloom zoo list --zoo /tmp/bench-zoo --limit 20

#include <cstdlib>

#include "many_networks.hpp"
#include "measure.hpp"
#include "weightloom/base/error.hpp"

namespace {
using namespace weightloom;
using namespace weightloom::benchmark;

constexpr std::size_t kAtOnce = 256;  // networks to a batch

void fill(const std::filesystem::path& store, int records) {
  auto zoo = Zoo::create(store);
  Random random(1);
  for (int done = 0; done < records;) {
    std::vector<std::pair<ZooRecord, TensorMap>> batch;
    for (; batch.size() < kAtOnce && done < records; ++done) batch.push_back(network(done, random));
    zoo.add(std::move(batch));
  }
}

void measure(const std::filesystem::path& store, const std::string& text, const std::string& sort, std::size_t limit) {
  std::size_t hits = 0;
  const auto time = median_milliseconds(
      [&] { hits = Zoo::open(store, Zoo::Access::kRead).list(parse_query(text, sort, limit)).matched; });
  print_query(time, hits,
              text + (sort.empty() ? "" : " sort " + sort) + (limit ? " limit " + std::to_string(limit) : ""));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: zoo_query_benchmark STORE NETWORKS\n"), 2;
  try {
    const std::filesystem::path store = argv[1];
    const int records = std::atoi(argv[2]);
    if (!std::filesystem::exists(store)) print_filling(records, store, [&] { fill(store, records); });
    measure(store, "", "", 20);
    measure(store, "", "test_accuracy:desc", 20);
    measure(store, "name=data-2/resnet/4242", "", 0);
    measure(store, "dataset=data-7 and test_accuracy>0.99", "", 0);
    measure(store, "test_accuracy>0.99", "", 20);
    measure(store, "arch:c* and test_accuracy>=0.9 and not tag:check and config.depth in (2, 3)", "", 20);
    measure(store, "name~/7[0-9]$/ and hyper.seed<50000", "", 20);
    measure(store, "notes~/77$/", "", 20);
    measure(store, "tensor:conv*", "", 20);
    measure(store, "", "", 0);
    print_peak_memory();
  } catch (const Error& error) {
    return std::fprintf(stderr, "%s\n", error.what()), static_cast<int>(error.code());
  }
}
