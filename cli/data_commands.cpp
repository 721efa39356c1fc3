#include "cli/command_groups.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/data/arrays.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/data/glyphs.hpp"

namespace weightloom::cli {
namespace {

struct DataListOptions {};

Json list_sources(Context&, const DataListOptions&) {
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

struct RenderOptions {
  std::string out;
  GlyphOptions glyphs;
  std::vector<std::string> fonts;
};

void declare_render(CLI::App& app, RenderOptions& options) {
  std::string scripts;
  for (const auto& script : glyph_scripts()) scripts += (scripts.empty() ? "" : ", ") + script;
  app.add_option("--out", options.out, "Folder to make; it is a data set like any other")->type_name("DIR")->required();
  app.add_option("--script", options.glyphs.scripts,
                 "Draw this script, and no other that is not named; one of " + scripts)
      ->type_name("SCRIPT")
      ->allow_extra_args(false);
  app.add_option("--without", options.glyphs.without, "Leave this script out")
      ->type_name("SCRIPT")
      ->allow_extra_args(false);
  app.add_option("--classes", options.glyphs.classes, "Characters, chosen at random; 0: all that two fonts have")
      ->check(no_negative_number());
  app.add_option("--train", options.glyphs.train, "Training images of each character")->check(positive_number());
  app.add_option("--test", options.glyphs.test, "Test images of each character")->check(positive_number());
  app.add_option("--size", options.glyphs.size, "Height and width of an image")->check(CLI::Range(8, 512));
  app.add_option("--fonts", options.fonts, "Take fonts from here, a file or a folder; default: /usr/share/fonts")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.add_option("--seed", options.glyphs.seed, "Seed of the characters and their images")->check(whole_number());
  app.add_flag("--pixels", options.glyphs.pixels,
               "A class for each pixel, for networks of the task `segmentation`: arrays instead of images");
}

Json render(Context& context, const RenderOptions& options) {
  auto glyphs = options.glyphs;
  if (!options.fonts.empty()) glyphs.fonts.assign(options.fonts.begin(), options.fonts.end());
  const auto set = render_glyphs(glyphs, options.out, context.progress());
  const auto classes = static_cast<std::int64_t>(set.classes.size());
  return {{"out", options.out},
          {"classes", set.classes},
          {"fonts", set.fonts},
          {"train", classes * glyphs.train},
          {"test", classes * glyphs.test}};
}

void print_rendered(Printer& print, const Json& result) {
  print.field("data set", result.at("out").get<std::string>());
  print.field("classes", format_count(static_cast<std::int64_t>(result.at("classes").size())));
  print.field("images", format_count(result.at("train").get<std::int64_t>()) + " to train on, " +
                            format_count(result.at("test").get<std::int64_t>()) + " to test on");
  print.field("fonts", format_count(result.at("fonts").get<std::int64_t>()));
}

struct TextDataOptions {
  std::string out;
  std::vector<std::string> files;
  TextOptions text;
};

void declare_text(CLI::App& app, TextDataOptions& options) {
  app.add_option("files", options.files, "Text files, UTF-8")->type_name("FILE")->required();
  app.add_option("--out", options.out, "Folder to make; it is a data set for networks of the task `sequence`")
      ->type_name("DIR")
      ->required();
  app.add_option("--length", options.text.length, "Characters of a piece")->check(CLI::Range(1, 65536));
}

Json cut_text(Context&, const TextDataOptions& options) {
  auto text = options.text;
  text.files.assign(options.files.begin(), options.files.end());
  const auto set = write_text_arrays(text, options.out);
  return {{"out", options.out},
          {"length", text.length},
          {"classes", set.characters},
          {"train", set.train},
          {"test", set.test}};
}

void print_text(Printer& print, const Json& result) {
  print.field("data set", result.at("out").get<std::string>());
  print.field("characters", format_count(result.at("classes").get<std::int64_t>()));
  print.field("pieces", format_count(result.at("train").get<std::int64_t>()) + " to train on, " +
                            format_count(result.at("test").get<std::int64_t>()) + " to test on, of " +
                            format_count(result.at("length").get<std::int64_t>()) + " characters");
}

}  // namespace

void add_data_commands(CommandTable& table) {
  table.add<DataListOptions>(
      "data list", [](CLI::App&, DataListOptions&) {}, list_sources,
      listing("sources", "name",
              {{"name"},
               {"classes"},
               {"train", "training images", Format::kCount},
               {"test", "test images", Format::kCount},
               {"location"},
               {"get"}}));
  table.add<RenderOptions>("data render", declare_render, render, page(print_rendered, "out"));
  table.add<TextDataOptions>("data text", declare_text, cut_text, page(print_text, "out"));
}

}  // namespace weightloom::cli
