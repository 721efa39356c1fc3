#include "cli/command_groups.hpp"
#include "weightloom/data/dataset.hpp"

namespace weightloom::cli {
namespace {

struct ListOptions {};

Json list_sources(Context&, const ListOptions&) {
  Json sources = Json::array();
  for (const auto& source : list_data_sources())
    sources.push_back({{"name", source.name},
                       {"available", source.available},
                       {"classes", source.classes},
                       {"train", source.train},
                       {"test", source.test},
                       {"location", source.available ? Json(source.location.string()) : Json(nullptr)},
                       {"get", source.available ? Json(nullptr) : Json(source.how_to_get)}});
  return {{"sources", std::move(sources)}};
}

}  // namespace

void add_data_commands(CommandTable& table) {
  table.add<ListOptions>(
      "data list", [](CLI::App&, ListOptions&) {}, list_sources,
      listing("sources", "name",
              {{"name"},
               {"classes"},
               {"train", "training images", Format::kCount},
               {"test", "test images", Format::kCount},
               {"location"},
               {"get"}}));
}

}  // namespace weightloom::cli
