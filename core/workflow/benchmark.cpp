#include "weightloom/workflow/benchmark.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/data/glyphs.hpp"
#include "weightloom/report/pooled_results.hpp"
#include "weightloom/report/results_page.hpp"
#include "weightloom/workflow/adaptation.hpp"
#include "weightloom/workflow/generation_cost.hpp"
#include "weightloom/workflow/grow.hpp"
#include "weightloom/workflow/models.hpp"
#include "weightloom/workflow/report.hpp"
#include "weightloom/workflow/up_to_date.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

fs::path benchmark_folder() {
  std::error_code error;
  const auto root = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  return root / "share/weightloom/benchmarks";
}

// Wherever a text of the recipe begins with "{name}", the folder of what was drawn under that name.
Json with_folders(Json value, const std::string& mark, const std::string& folder) {
  if (value.is_string()) {
    if (auto text = value.get<std::string>(); text.starts_with(mark)) value = folder + text.substr(mark.size());
  } else if (value.is_structured()) {
    for (auto& item : value) item = with_folders(std::move(item), mark, folder);
  }
  return value;
}

std::vector<std::string> names_in(ConfigReader& reader, const std::string& key) {
  return reader.has(key) ? reader.texts(key) : std::vector<std::string>();
}

class Benchmark {
 public:
  Benchmark(const BenchmarkJob& job, const PluginRegistry& registry, const ProgressSink& progress)
      : job_(job), registry_(registry), progress_(progress), recipe_(load_toml(job.recipe)) {
    if (job.quick) recipe_ = quick_recipe(std::move(recipe_));
    std::error_code error;
    fs::create_directories(job.folder, error);
    if (error)
      throw write_error("benchmark.folder", "cannot make '" + job.folder.string() + "'", error.value(), job.folder);
  }

  Results run() {
    for (const Json& table : take("render")) stage("render", [&] { render(table); });
    adaptations_ = take("adapt");
    const Json large = take("large");
    const auto seeds = take_seeds();
    const Recipe recipe = parse_recipe(recipe_);
    const auto training = parse_generator_training(table("generator"), where("generator"));
    const Json assessment = table("assessment");
    ReportJob report{parse_assessment(assessment, where("assessment")), recipe.seed, {}, job_.threads, nullptr};
    Zoo zoo = open_zoo();
    stage("grow", [&] { grow(recipe, zoo, registry_, progress_, job_.threads); });
    const auto tokenizer = stage("tokenizer", [&] { return tokenizer_of(zoo); });
    std::vector<Results> found;
    std::vector<GenerationCost> costs;
    for (const std::uint64_t seed : seeds.empty() ? std::vector{training.seed} : seeds) {
      const std::string mark = seeds.empty() ? "" : "-" + std::to_string(seed);
      const auto [unadapted, generator] = generators_of(zoo, tokenizer, training, seed, mark);
      if (found.empty())
        for (const Json& table : large) costs.push_back(stage("large", [&] { return cost(generator, table); }));
      report.unadapted = adaptations_.empty() ? nullptr : &unadapted;
      found.push_back(stage("assessment", [&] { return assess(zoo, generator, report, assessment, mark); }));
      ++report.assessment.seed;  // samples of its own for each generator
    }
    return finish(pool(std::move(found)), std::move(costs));
  }

 private:
  std::string where(const std::string& name) const { return job_.recipe.string() + ": [" + name + "]"; }
  Json table(const std::string& name) const { return recipe_.value(name, Json::object()); }

  // A list of tables that no other reader of the recipe knows.
  Json take(const std::string& name) {
    Json list = recipe_.value(name, Json::array());
    recipe_.erase(name);
    if (!list.is_array())
      throw Error(ErrorCode::kUsage, "recipe.value", where(name), "expected a list of tables: [[" + name + "]]");
    return list;
  }

  // The seeds of [generator], where there are several: one generator for each. No other reader knows them.
  std::vector<std::uint64_t> take_seeds() {
    const auto generator = recipe_.find("generator");
    if (generator == recipe_.end() || !generator->is_object() || !generator->contains("seeds")) return {};
    const Json seeds = (*generator)["seeds"];
    generator->erase("seeds");
    const bool fits = seeds.is_array() && !seeds.empty() && std::ranges::all_of(seeds, &Json::is_number_integer) &&
                      std::ranges::all_of(seeds, [](const Json& seed) { return seed.get<std::int64_t>() >= 0; });
    if (!fits)
      throw Error(ErrorCode::kUsage, "recipe.value", where("generator"), "'seeds' is no list of whole numbers",
                  "for example seeds = [0, 1, 2]");
    return seeds.get<std::vector<std::uint64_t>>();
  }

  // What `work` gives; the time that it took is kept, all calls of one name together.
  template <class Work>
  std::invoke_result_t<Work> stage(const std::string& name, const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    const auto finish = [&] {
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
      auto known = std::ranges::find(stages_, name, &std::pair<std::string, double>::first);
      if (known == stages_.end()) known = stages_.insert(known, {name, 0});
      known->second += elapsed.count();
    };
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      work();
      finish();
    } else {
      auto made = work();
      finish();
      return made;
    }
  }

  void render(const Json& table) {
    ConfigReader reader(table, where("render"));
    const auto name = reader.required_text("name");
    GlyphOptions options;
    options.scripts = names_in(reader, "scripts");
    options.without = names_in(reader, "without");
    options.classes = reader.integer("classes", options.classes, 0, 32'767);
    options.train = reader.integer("train", options.train, 1, 100'000);
    options.test = reader.integer("test", options.test, 1, 100'000);
    options.size = reader.integer("size", options.size, 8, 512);
    options.seed = static_cast<std::uint64_t>(reader.integer("seed", 0, 0, INT64_MAX));
    reader.finish();
    const auto folder = job_.folder / name;
    if (!fs::exists(folder)) render_glyphs(options, folder, progress_);
    recipe_ = with_folders(std::move(recipe_), "{" + name + "}", folder.string());
  }

  Zoo open_zoo() const {
    const auto folder = job_.folder / "zoo";
    return fs::exists(folder) ? Zoo::open(folder, Zoo::Access::kWrite) : Zoo::create(folder);
  }

  Generator adapted(Generator generator, const Json& table, const std::string& mark) const {
    ConfigReader reader(table, where("adapt"));
    AdaptationJob job;
    job.architecture = reader.required_text("architecture");
    job.config = reader.value("config", Json::object());
    job.ranges = ConfigRanges(reader.value("ranges", Json::object()), where("adapt") + ": ranges");
    job.data = names_in(reader, "data");
    job.anchor_steps = reader.integer("anchor_steps", job.anchor_steps, 0, 100'000'000);
    job.steps = reader.integer("steps", job.steps, 0, 100'000'000);
    job.seed = static_cast<std::uint64_t>(reader.integer("seed", 0, 0, INT64_MAX));
    reader.finish();
    const auto path = job_.folder / ("adapted-" + registry_.find(job.architecture).name + mark + ".safetensors");
    if (fs::exists(path))
      if (auto made = Generator::load(path); is_continued(made, generator.id())) return made;
    job.checkpoint = path.string() + ".checkpoint";
    const auto made = adapt(generator, registry_, job, progress_);
    made.generator.save(path, made.training);
    for (const char* part : {".anchor", ".generator"}) fs::remove(job.checkpoint.string() + part);
    return Generator::load(path);
  }

  // Whether the last thing that was taught to `generator` was taught to the generator `before`.
  static bool is_continued(const Generator& generator, const std::string& before) {
    const Json adaptations =
        generator.training().is_object() ? generator.training().value("adaptations", Json()) : Json();
    return adaptations.is_array() && !adaptations.empty() && adaptations.back().is_object() &&
           adaptations.back().value("from", Json()) == before;
  }

  // Measured once for a generator: a file remembers.
  GenerationCost cost(const Generator& generator, const Json& table) const {
    ConfigReader reader(table, where("large"));
    GenerationJob job;
    job.architecture = reader.required_text("architecture");
    job.config = reader.value("config", Json::object());
    job.request.instruction = reader.required_text("instruction");
    job.force = true;  // what it costs is asked, of classes that nobody knows
    job.request.family = reader.text("family", "");
    reader.finish();
    const auto path = job_.folder / "costs.json";
    const auto key = short_hash(table.dump() + generator.id());
    Json known = fs::exists(path) ? parse_json(read_file(path), path.string()) : Json::object();
    if (known.is_object() && known.contains(key)) return cost_from_json(known[key]);
    job.checkpoint = job_.folder / ("large-" + key + ".partial");
    const auto made =
        measure_cost(job, generator, registry_, job_.folder / ("large-" + key + ".safetensors"), progress_);
    fs::remove(job.checkpoint);
    known[key] = to_json(made);
    write_file(path, known.dump(1) + "\n");
    return made;
  }

  std::shared_ptr<const Tokenizer> tokenizer_of(const Zoo& zoo) const {
    return std::make_shared<const Tokenizer>(
        refresh_tokenizer(job_.folder / "tokenizer.safetensors", zoo, registry_,
                          parse_tokenizer_training(table("tokenizer"), where("tokenizer")), Refresh::kWhenStale,
                          progress_)
            .model);
  }

  // The generator of a seed, before and after it was adapted; its files carry the mark.
  std::pair<Generator, Generator> generators_of(const Zoo& zoo, const std::shared_ptr<const Tokenizer>& tokenizer,
                                                GeneratorTraining training, std::uint64_t seed,
                                                const std::string& mark) {
    training.seed = seed;
    const Generator unadapted = stage("generator", [&] {
      return refresh_generator(job_.folder / ("generator" + mark + ".safetensors"), zoo, registry_, tokenizer, training,
                               Refresh::kWhenStale, progress_)
          .model;
    });
    Generator generator = unadapted;
    for (const Json& adaptation : adaptations_)
      generator = stage("adapt", [&] { return adapted(std::move(generator), adaptation, mark); });
    return {unadapted, generator};
  }

  // Of one generator; kept until the recipe or the generator is another.
  Results assess(const Zoo& zoo, const Generator& generator, const ReportJob& report, const Json& assessment,
                 const std::string& mark) const {
    const auto fingerprint = report_fingerprint(zoo, generator, assessment);
    const auto path = job_.folder / ("rows" + mark + ".json");
    if (const auto finished = current_results(path, fingerprint)) return results_from_json(*finished);
    const Results results = make_report(zoo, registry_, generator, report, fingerprint, progress_);
    write_file(path, to_json(results).dump(1) + "\n");
    return results;
  }

  // Results that were written before keep what they say of the time they took.
  Results finish(Results results, std::vector<GenerationCost> costs) const {
    const auto path = job_.folder / "results.json";
    if (const auto finished = current_results(path, results.fingerprint)) {
      results = results_from_json(*finished);
    } else {
      results.stages = stages_;
      for (const auto& [name, seconds] : stages_) results.wall_seconds += seconds;
    }
    results.costs = std::move(costs);
    write_file(path, to_json(results).dump(1) + "\n");
    write_file(job_.folder / "report.html", render_results_page(results));
    return results;
  }

  const BenchmarkJob& job_;
  const PluginRegistry& registry_;
  const ProgressSink& progress_;
  Json recipe_, adaptations_;
  std::vector<std::pair<std::string, double>> stages_;
};

// Every number called `key`, however deep, at most `most`.
void limit(Json& value, const std::string& key, std::int64_t most) {
  if (value.is_object())
    if (const auto found = value.find(key); found != value.end() && found->is_number_integer())
      *found = std::min(found->get<std::int64_t>(), most);
  if (value.is_structured())
    for (auto& item : value) limit(item, key, most);
}

// The list called `key` without all but its first item, where there is one.
void keep_first(Json& table, const std::string& key) {
  const auto list = table.is_object() ? table.find(key) : table.end();
  if (list != table.end() && list->is_array() && !list->empty()) list->erase(list->begin() + 1, list->end());
}

}  // namespace

std::vector<std::string> benchmark_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(benchmark_folder(), error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".toml") names.push_back(at->path().stem().string());
  std::ranges::sort(names);
  return names;
}

fs::path benchmark_recipe(const std::string& name) {
  if (fs::is_regular_file(name)) return name;
  const auto path = benchmark_folder() / (name + ".toml");
  if (name.find('/') == std::string::npos && fs::is_regular_file(path)) return path;
  std::string names;
  for (const auto& known : benchmark_names()) names += (names.empty() ? "" : ", ") + known;
  throw Error(ErrorCode::kNotFound, "benchmark.name", "there is no benchmark '" + name + "'",
              "it is neither a recipe file nor one of: " + names, "");
}

Json quick_recipe(Json recipe) {
  limit(recipe, "steps", 8);
  limit(recipe, "anchor_steps", 8);
  limit(recipe, "count", 6);
  limit(recipe, "classes", 40);
  limit(recipe, "networks", 3);
  if (const auto generator = recipe.find("generator"); generator != recipe.end() && generator->is_object())
    generator->erase("seeds");
  keep_first(recipe, "large");
  if (const auto large = recipe.find("large"); large != recipe.end()) limit(*large, "size", 64);
  Json& assessment = recipe["assessment"];
  if (assessment.is_null()) assessment = Json::object();
  if (assessment.is_object()) {
    assessment["samples"] = 1;
    assessment["test_images"] = 200;
    assessment["finetune_networks"] = 1;
    keep_first(assessment, "unseen");
    keep_first(assessment, "trials");
    if (const auto trials = assessment.find("trials"); trials != assessment.end() && trials->is_array())
      for (auto& trial : *trials) keep_first(trial, "data");
  }
  return recipe;
}

Results run_benchmark(const BenchmarkJob& job, const PluginRegistry& registry, const ProgressSink& progress) {
  return Benchmark(job, registry, progress).run();
}

}  // namespace weightloom
