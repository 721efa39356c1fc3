#include "weightloom/workflow/recipe.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why, std::string hint = {}) {
  throw Error(ErrorCode::kUsage, "recipe.value", where, why, std::move(hint));
}

std::vector<Json> values(const Json& value, const std::string& where) {
  if (!value.is_array() || value.empty()) refuse(where, "expected a list of at least one value");
  return value.get<std::vector<Json>>();
}

TrainingOptions read_training(ConfigReader& reader, const std::string& where) {
  TrainingOptions options;
  options.steps = reader.integer("steps", 0, 1, 1'000'000'000);
  options.epochs = reader.number("epochs", 0, 0, 1e6);
  if ((options.steps > 0) == (options.epochs > 0)) refuse(where, "give either steps or epochs");
  options.batch = reader.integer("batch", 64, 1, 65536);
  options.learning_rate = reader.number("learning_rate", 1e-3, 0, 100);
  options.weight_decay = reader.number("weight_decay", 0, 0, 100);
  options.warmup = reader.number("warmup", 0, 0, 0.99);
  return options;
}

ImageForm read_form(const Json& table) {
  ConfigReader reader(table, "recipe: form");
  ImageForm form;
  form.channels = reader.integer("channels", 1, 1, 3);
  form.size = reader.integer("size", 28, 1, 4096);
  reader.finish();
  return form;
}

AnchorRecipe read_anchor(const Json& table, const std::string& where) {
  ConfigReader reader(table, where);
  AnchorRecipe anchor;
  anchor.family = reader.required_text("family");
  anchor.architecture = reader.text("architecture", anchor.family);
  anchor.config = reader.value("config", Json::object());
  if (!anchor.config.is_object()) refuse(where + ": config", "expected a table");
  anchor.ranges = ConfigRanges(reader.value("ranges", Json::object()), where + ": ranges");
  for (const auto& text : reader.texts("data")) anchor.data.push_back(DataSpec::parse(text));
  anchor.training = read_training(reader, where);
  reader.finish();
  return anchor;
}

// What a population varies: a setting's name and its values, the last one fastest.
using Axes = std::vector<std::pair<std::string, std::vector<Json>>>;

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string fill_in(std::string pattern, const std::vector<std::pair<std::string, std::string>>& settings,
                    const std::string& where) {
  for (const auto& [key, value] : settings) {
    const auto mark = "{" + key + "}";
    for (std::size_t at = 0; (at = pattern.find(mark, at)) != std::string::npos; at += value.size())
      pattern.replace(at, mark.size(), value);
  }
  if (const auto open = pattern.find('{'); open != std::string::npos)
    refuse(where + ": name", "'" + pattern.substr(open) + "' names no setting of this population");
  return pattern;
}

std::vector<Json> read_tasks(const Json& table, const std::string& where) {
  ConfigReader reader(table, where + ": tasks");
  std::vector<std::pair<std::string, std::int64_t>> sources;
  for (const auto& source : reader.texts("source"))
    sources.emplace_back(source, static_cast<std::int64_t>(source_class_names(DataSpec::parse(source).source).size()));
  const auto classes = reader.integer("classes", 2, 1, 100'000), count = reader.integer("count", 1, 1, 1'000'000);
  const auto seed = reader.integer("seed", 0, 0, INT64_MAX);
  reader.finish();
  std::vector<Json> out;
  for (const auto& task : draw_tasks(sources, classes, count, static_cast<std::uint64_t>(seed)))
    out.emplace_back(task.text());
  return out;
}

Axes read_axes(ConfigReader& reader, const std::string& where) {
  Axes axes;
  const auto vary = reader.value("vary", Json::object());
  if (!vary.is_object()) refuse(where + ": vary", "expected a table of lists");
  for (const auto& [key, list] : vary.items()) axes.emplace_back(key, values(list, where + ": vary: " + key));
  if (reader.has("tasks")) {
    if (vary.contains("data")) refuse(where, "give either tasks or data to vary");
    axes.emplace_back("data", read_tasks(reader.value("tasks"), where));
  }
  return axes;
}

// The members that differ only in `ranked` (their seed, or their task) share a held-out quota: the last ones of that
// axis.
std::string split_of(std::size_t index, std::size_t count, double held_out) {
  const auto quota = static_cast<std::size_t>(std::llround(held_out * static_cast<double>(count)));
  return index >= count - std::min(quota, count) ? "held-out" : "train";
}

void read_population(const Json& table, const std::string& where, std::vector<MemberRecipe>& out) {
  ConfigReader reader(table, where);
  MemberRecipe common;
  common.family = reader.required_text("family");
  common.architecture = reader.text("architecture", common.family);
  common.config = reader.value("config", Json::object());
  if (!common.config.is_object()) refuse(where + ": config", "expected a table");
  const auto from = reader.text("from", "scratch");
  if (from != "scratch" && from != "anchor")
    refuse(where + ": from", "expected \"anchor\" or \"scratch\", found '" + from + "'");
  common.from_anchor = from == "anchor";
  const auto axes = read_axes(reader, where);
  const bool has_tasks = reader.has("tasks");
  const auto data = reader.text("data", "");
  const bool varies_data = std::ranges::any_of(axes, [](const auto& axis) { return axis.first == "data"; });
  if (varies_data == !data.empty()) refuse(where, "the data sets must be given once: as data, as tasks, or in vary");
  const auto held_out = reader.number("held_out", 0, 0, 1);
  std::string pattern = "{family}";
  for (const auto& [key, list] : axes) pattern += "/{" + key + "}";
  pattern = reader.text("name", pattern);
  common.training = read_training(reader, where);
  reader.finish();

  std::size_t count = 1;
  for (const auto& [key, list] : axes) count *= list.size();
  if (count > 1'000'000) refuse(where, std::to_string(count) + " networks are more than a million");
  const std::string ranked = has_tasks ? "data" : "seed";
  for (std::size_t i = 0; i < count; ++i) {
    MemberRecipe member = common;
    std::vector<std::pair<std::string, std::string>> settings{{"family", member.family},
                                                              {"architecture", member.architecture}};
    std::string spec = data;
    member.split = split_of(0, 1, held_out);
    std::size_t rest = i;
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      const auto& [key, list] = *axis;
      const auto place = rest % list.size();
      rest /= list.size();
      const auto& value = list[place];
      settings.emplace_back(key, as_text(value));
      if (key == ranked) member.split = split_of(place, list.size(), held_out);
      if (key == "data") {
        spec = as_text(value);
      } else if (key == "seed") {
        if (!value.is_number_integer()) refuse(where + ": vary: seed", "expected integers, found " + value.dump());
        member.seed = value.get<std::int64_t>();
      } else {
        member.config[key] = value;
      }
    }
    if (!varies_data) settings.emplace_back("data", spec);
    member.data = DataSpec::parse(spec);
    member.name = fill_in(pattern, settings, where);
    out.push_back(std::move(member));
  }
}

}  // namespace

std::int64_t class_count(const DataSpec& spec) {
  return static_cast<std::int64_t>(spec.classes.empty() ? source_class_names(spec.source).size() : spec.classes.size());
}

std::vector<DataSpec> draw_tasks(const std::vector<std::pair<std::string, std::int64_t>>& sources, std::int64_t classes,
                                 std::int64_t count, std::uint64_t seed, const std::vector<DataSpec>& exclude) {
  using Key = std::pair<std::string, std::set<std::int64_t>>;
  std::set<Key> taken;
  for (const auto& spec : exclude) taken.insert({spec.source, {spec.classes.begin(), spec.classes.end()}});
  Random random(derive_seed(seed, "tasks"));
  std::vector<DataSpec> tasks;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& [text, available] = sources[static_cast<std::size_t>(i) % sources.size()];
    auto task = DataSpec::parse(text);
    for (int attempt = 0;; ++attempt) {
      if (attempt == 10'000 || classes > available)
        throw Error(ErrorCode::kUsage, "recipe.tasks", "cannot draw " + std::to_string(count) + " tasks",
                    "after " + std::to_string(tasks.size()) + " tasks no other set of " + std::to_string(classes) +
                        " of the " + std::to_string(available) + " classes of '" + task.source + "' is left");
      auto order = random.permutation(available);
      order.resize(static_cast<std::size_t>(classes));
      if (!taken.insert({task.source, {order.begin(), order.end()}}).second) continue;
      task.classes = std::move(order);
      tasks.push_back(std::move(task));
      break;
    }
  }
  return tasks;
}

Json to_json(const TrainingOptions& options) {
  Json out;
  if (options.steps > 0) out["steps"] = options.steps;
  if (options.epochs > 0) out["epochs"] = options.epochs;
  out["batch"] = options.batch;
  out["learning_rate"] = options.learning_rate;
  out["weight_decay"] = options.weight_decay;
  out["warmup"] = options.warmup;
  return out;
}

Recipe parse_recipe(const Json& json) {
  ConfigReader reader(json, "recipe");
  if (const auto schema = reader.text("schema", "weightloom.recipe/1"); schema != "weightloom.recipe/1")
    refuse("recipe: schema", "'" + schema + "' is not known", "this version reads weightloom.recipe/1");
  Recipe recipe;
  recipe.seed = static_cast<std::uint64_t>(reader.integer("seed", 0, 0, INT64_MAX));
  recipe.form = read_form(reader.value("form", Json::object()));
  const auto anchors = reader.value("anchor", Json::array()), populations = reader.value("population", Json::array());
  // One file may hold the whole plan; these tables are read by other modules.
  for (const char* table : {"tokenizer", "generator", "assessment"}) reader.value(table);
  reader.finish();
  if (!anchors.is_array() || !populations.is_array())
    refuse("recipe", "anchor and population are lists of tables: [[anchor]], [[population]]");
  for (std::size_t i = 0; i < anchors.size(); ++i)
    recipe.anchors.push_back(read_anchor(anchors[i], "recipe: anchor " + std::to_string(i + 1)));
  for (std::size_t i = 0; i < populations.size(); ++i)
    read_population(populations[i], "recipe: population " + std::to_string(i + 1), recipe.members);

  std::set<std::string> names, families;
  for (const auto& anchor : recipe.anchors)
    if (!families.insert(anchor.family).second) refuse("recipe", "family '" + anchor.family + "' has two anchors");
  for (const auto& family : families) names.insert(family + "/anchor");
  for (const auto& member : recipe.members) {
    if (!names.insert(member.name).second)
      refuse("recipe", "two networks would be called '" + member.name + "'",
             "add what tells them apart to the population's name");
    if (member.from_anchor && !families.contains(member.family))
      refuse("recipe", "family '" + member.family + "' has no anchor");
  }
  return recipe;
}

}  // namespace weightloom
