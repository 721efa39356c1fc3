// What it costs to ask plugins in processes of their own, beside asking them in this one.
//   build/release/bin/plugin_process_benchmark

#include "measure.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/plugin/plugin_card.hpp"

namespace {
using namespace weightloom;
using namespace weightloom::benchmark;

constexpr int kCalls = 200;

PluginRegistry registry(bool in_process) {
  return PluginRegistry(PluginRegistry::default_directories(), {.in_process = in_process});
}

void measure(const char* where, bool in_process) {
  const auto plugins = registry(in_process);
  const double first = milliseconds([&] { plugins.schema("mlp"); });
  const double schema = milliseconds([&] {
                          for (int i = 0; i < kCalls; ++i) plugins.schema("mlp");
                        }) /
                        kCalls;
  const double describe = milliseconds([&] {
                            for (int i = 0; i < kCalls; ++i) plugins.describe_text("mlp", Json::object());
                          }) /
                          kCalls;
  const double cards = milliseconds([&] { plugin_cards(plugins); });
  std::printf("%s: first call %.2f ms, schema %.3f ms, describe %.3f ms, cards of %zu plugins %.2f ms\n", where, first,
              schema, describe, plugins.plugins().size(), cards);
}

void measure_large(const char* where, bool in_process) {
  const auto plugins = registry(in_process);
  std::size_t nodes = 0;
  const double all = median_milliseconds([&] {
    const auto description = plugins.describe("vit", {{"preset", "l"}});
    nodes = analyse(description).shapes.size();
  });
  std::printf("%s: ViT-L described, validated and analysed (%zu values) in %.1f ms\n", where, nodes, all);
}

}  // namespace

int main() {
  for (int repetition = 0; repetition < 3; ++repetition) {
    measure("in a child  ", false);
    measure("in-process  ", true);
  }
  measure_large("in a child  ", false);
  print_peak_memory();
  measure_large("in-process  ", true);
}
