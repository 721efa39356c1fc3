// scaffold_plugin DIRECTORY NAME ID: makes a project from the template, then describes the plugin that was built in it,
// if any.
#include <cstdio>

#include "weightloom/base/error.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/plugin/scaffold.hpp"

int main(int count, char** arguments) try {
  if (count == 4) {
    weightloom::new_plugin(arguments[1], arguments[2], arguments[3]);
    return 0;
  }
  weightloom::PluginRegistry registry({});
  const auto& plugin = registry.add(arguments[1]);
  std::puts(registry.describe_text(plugin.id, weightloom::Json::object()).c_str());
  return 0;
} catch (const weightloom::Error& error) {
  std::fprintf(stderr, "%s; %s\n", error.what(), error.hint().c_str());
  return 1;
}
