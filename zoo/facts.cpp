#include "weightloom/zoo/facts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "csv.hpp"
#include "setting_limits.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/settings.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 32u << 20;
constexpr std::size_t kMostRows = 200'000;
constexpr std::string_view kMetricKey = "metric:", kHyperKey = "hyper.", kConfigKey = "config.";

const std::map<std::string, std::string ZooRecord::*> kTexts{
    {"dataset", &ZooRecord::dataset}, {"family", &ZooRecord::family},     {"split", &ZooRecord::split},
    {"notes", &ZooRecord::notes},     {"arch", &ZooRecord::architecture}, {"architecture", &ZooRecord::architecture}};

std::vector<std::string> known_keys() {
  std::vector<std::string> keys{"name", "path", "tags", "parent", "metrics", "hyper", "config"};
  for (const auto& [key, text] : kTexts) keys.push_back(key);
  return keys;
}

// What is wrong with a value; the reader of the file says where.
struct Wrong {
  std::string why;
};

std::string text_of(const Json& value) {
  if (!value.is_string()) throw Wrong{"it is not a text"};
  return value.get<std::string>();
}

// What Python's json writes for numbers that JSON has not, as a text that no file holds.
constexpr std::string_view kNoNumber{"\0no number", 10};

bool holds_no_number(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>() == kNoNumber;
  return value.is_structured() && std::ranges::any_of(value, holds_no_number);
}

double number_of(const Json& value) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) throw Wrong{"it is not a number"};
  return value.get<double>();
}

std::vector<std::string> texts_of(const Json& value) {
  if (!value.is_array()) return {text_of(value)};
  std::vector<std::string> out;
  for (const auto& one : value) out.push_back(text_of(one));
  return out;
}

const Json& object_of(const Json& value) {
  if (!value.is_object()) throw Wrong{"it is not an object"};
  return value;
}

// Each may be a setting, and looking one up takes as long as there are others.
void expect_few(const Json& statements) {
  if (statements.size() > kMostSettings) throw Wrong{"it states more than " + std::to_string(kMostSettings) + " facts"};
}

void set(Json& object, const std::string& key, const Json& value) {
  if (key.empty() || key.find('=') != std::string::npos) throw Wrong{"'" + key + "' is no key of a setting"};
  if (std::ranges::count(key, '.') >= static_cast<std::ptrdiff_t>(kMostSettingLevels))
    throw Wrong{"its key nests more than " + std::to_string(kMostSettingLevels) + " levels"};
  try {
    Json setting;
    set_from_text(setting, key + "=" + value.dump());
    merge_settings(object, setting, SettingConflict::kRefuse);
  } catch (const Error& error) {
    throw Wrong{"'" + key + "' is no setting: " + error.why()};
  }
}

void expect_named(const Json& settings) {
  for (const auto& [key, value] : settings.items()) {
    if (settings.is_object() && key.empty()) throw Wrong{"a setting has no name"};
    if (value.is_structured()) expect_named(value);
  }
}

void set_all(Json& object, const Json& settings) {
  expect_named(object_of(settings));
  try {
    merge_settings(object, settings, SettingConflict::kRefuse);
  } catch (const Error& error) {
    throw Wrong{error.summary() + ": " + error.why()};
  }
}

void set_metric(ZooRecord& facts, const std::string& name, const Json& value) {
  if (!facts.metrics.emplace(name, number_of(value)).second)
    throw Wrong{"the metric '" + printable(name) + "' is stated twice"};
}

// Keys that mean the same are called the same: other names are metrics.
std::string meaning_of(const std::string& key) {
  static const std::map<std::string, std::string> kOthers{
      {"architecture", "arch"}, {"tag", "tags"}, {"parents", "parent"}, {"hyperparameters", "hyper"}};
  if (const auto other = kOthers.find(key); other != kOthers.end()) return other->second;
  static const auto kKnown = known_keys();
  const bool prefixed = key.starts_with(kMetricKey) || key.starts_with(kHyperKey) || key.starts_with(kConfigKey);
  return prefixed || std::ranges::find(kKnown, key) != kKnown.end() ? key : std::string(kMetricKey) + key;
}

// Takes one statement. False for a key that means nothing here.
bool state(ZooRecord& facts, const std::string& key, const Json& value) {
  const bool known = meaning_of(key) != std::string(kMetricKey) + key;
  if (known && holds_no_number(value)) throw Wrong{"NaN and Infinity are no values"};
  if (const auto text = kTexts.find(key); text != kTexts.end()) {
    facts.*(text->second) = text_of(value);
  } else if (key == "tags" || key == "tag") {
    for (auto& tag : texts_of(value)) facts.tags.insert(std::move(tag));
  } else if (key == "parent" || key == "parents") {
    for (auto& parent : texts_of(value)) facts.parents.push_back({"", std::move(parent)});
  } else if (key.starts_with(kMetricKey)) {
    set_metric(facts, key.substr(kMetricKey.size()), value);
  } else if (key == "metrics") {
    for (const auto& [name, number] : object_of(value).items()) set_metric(facts, name, number);
  } else if (key == "hyper" || key == "hyperparameters") {
    set_all(facts.hyperparameters, value);
  } else if (key == "config") {
    set_all(facts.config, value);
  } else if (key.starts_with(kHyperKey)) {
    set(facts.hyperparameters, key.substr(kHyperKey.size()), value);
  } else if (key.starts_with(kConfigKey)) {
    set(facts.config, key.substr(kConfigKey.size()), value);
  } else {
    return false;
  }
  return true;
}

void expect_whole(const ZooRecord& facts) {
  if (facts.architecture.empty() && !facts.config.empty()) throw Wrong{"it says `config` without `arch`"};
  for (const auto& link : facts.parents)
    if (link.parent.empty() || !is_printable(link.parent)) throw Wrong{"a parent has no name"};
  auto checked = facts;
  checked.parents.clear();
  try {
    expect_storable(checked);
  } catch (const Error& error) {
    throw Wrong{error.why()};
  }
}

// A network is spoken of once.
class Rows {
 public:
  explicit Rows(const fs::path& file) : file_(file) {}

  void add(FactRow row) {
    if (row.name.empty() == row.path.empty())
      throw Wrong{row.name.empty() ? "it names no network: `name` or `path` is needed" : "it gives both name and path"};
    if (!is_printable(row.name + row.path)) throw Wrong{"the name of the network holds control characters"};
    if (!seen_.insert({row.name, row.path}).second)
      throw Wrong{"'" + row.name + row.path + "' stands there a second time"};
    if (rows_.size() == kMostRows) throw Wrong{"there are more than " + std::to_string(kMostRows) + " networks"};
    expect_whole(row.facts);
    row.file = file_;
    rows_.push_back(std::move(row));
  }
  std::vector<FactRow> take() { return std::move(rows_); }

 private:
  const fs::path& file_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::vector<FactRow> rows_;
};

std::string with_plain_line_ends(std::string text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text.compare(at, 2, "\r\n") != 0) text[end++] = text[at];
  text.resize(end);
  return text;
}

Json cell_value(const std::string& key, const std::string& text) {
  if (key == "notes") return with_plain_line_ends(text);
  if (key == "name" || key == "path" || kTexts.contains(key)) return text;
  if (key == "tags" || key == "tag" || key == "parent" || key == "parents") {
    Json several = Json::array();
    for (std::size_t at = 0; at <= text.size();) {
      const auto end = std::min(text.find(';', at), text.size());
      if (end > at) several.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return several;
  }
  if (key.starts_with(kHyperKey) || key.starts_with(kConfigKey)) return try_parse_json(text).value_or(Json(text));
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) {
    const auto near = nearest_name(key, known_keys());
    throw Wrong{"'" + text + "' is not a number, which the metric '" + key + "' would be" +
                (near.empty() ? "" : "; did you mean the column '" + near + "'?")};
  }
  return number;
}

void expect_columns(const CsvRow& columns, const fs::path& file) {
  std::map<std::string, std::string> seen;  // by what they mean
  for (const auto& column : columns) {
    const auto refuse = [&](const std::string& why) {
      throw refused_at(file, column.line, column.column, "facts.column", why);
    };
    if (column.text.empty()) refuse("a column has no name");
    const auto [same, first] = seen.emplace(meaning_of(column.text), column.text);
    if (!first)
      refuse("the column '" + column.text + "' " +
             (same->second == column.text ? "stands there a second time" : "means what '" + same->second + "' does"));
    if (column.text == "metrics") refuse("a cell holds one value: call the column 'metric:NAME'");
    if (column.text == "hyper" || column.text == "config")
      refuse("a cell holds one value: call the column '" + column.text + ".KEY'");
  }
  if (!seen.contains("name") && !seen.contains("path"))
    throw refused_at(file, 1, 1, "facts.column", "no column is called `name` or `path`");
}

// `at`: the cell that it is about, for messages.
FactRow row_of_cells(const CsvRow& columns, const CsvRow& cells, const CsvCell*& at) {
  if (cells.size() != columns.size())
    throw Wrong{"it has " + std::to_string(cells.size()) + " cells, the table " + std::to_string(columns.size()) +
                " columns"};
  FactRow row;
  row.where = "line " + std::to_string(cells.front().line);
  for (std::size_t c = 0; c < cells.size(); ++c) {
    at = &cells[c];
    if (at->text.empty()) continue;
    const auto& key = columns[c].text;
    const auto value = cell_value(key, at->text);
    if (key == "name")
      row.name = at->text;
    else if (key == "path")
      row.path = at->text;
    else if (!state(row.facts, key, value))
      set_metric(row.facts, key, value);
  }
  at = &cells.front();
  return row;
}

std::vector<FactRow> rows_of_csv(std::string_view text, const fs::path& file) {
  CsvRow columns;
  Rows rows(file);
  parse_csv(text, file, [&](const CsvRow& cells) {
    if (columns.empty()) {
      expect_columns(cells, file);
      columns = cells;
      return;
    }
    const auto* at = &cells.front();
    try {
      rows.add(row_of_cells(columns, cells, at));
    } catch (const Wrong& wrong) {
      throw refused_at(file, at->line, at->column, "facts.value", wrong.why);
    }
  });
  if (columns.empty()) throw refused_at(file, 1, 1, "facts.csv", "there is no line of column names");
  return rows.take();
}

void expect_one_of_each(const Json& object) {
  std::set<std::string> seen;
  for (const auto& [key, value] : object.items())
    if (!value.is_null() && !seen.insert(meaning_of(key)).second)
      throw Wrong{"'" + printable(key) + "' is said a second time under another name"};
}

FactRow row_of_object(const Json& object) {
  FactRow row;
  expect_few(object_of(object));
  expect_one_of_each(object);
  for (const auto& [key, value] : object.items()) {
    if (value.is_null()) continue;
    try {
      if (key == "name")
        row.name = text_of(value);
      else if (key == "path")
        row.path = text_of(value);
      else if (!state(row.facts, key, value))
        set_metric(row.facts, key, value);
    } catch (const Wrong& wrong) {
      const auto near = nearest_name(key, known_keys());
      throw Wrong{"'" + printable(key) + "': " + wrong.why +
                  (near.empty() || near == key ? "" : "; did you mean '" + near + "'?")};
    }
  }
  return row;
}

// With that text in place of NaN, Infinity and -Infinity.
std::string without_python_numbers(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    if (!quoted)
      for (const std::string_view word : {"-Infinity", "Infinity", "NaN"})
        if (text.substr(at).starts_with(word)) {
          out += Json(std::string(kNoNumber)).dump();
          at += word.size();
        }
    if (at == text.size()) break;
    if (quoted && text[at] == '\\' && at + 1 < text.size())
      out += text[at++];
    else if (text[at] == '"')
      quoted = !quoted;
    out += text[at++];
  }
  return out;
}

// JSON whose objects name no key twice, of which only one value would count.
Json parse_unambiguous(std::string_view text, const fs::path& file) {
  const auto readable = without_python_numbers(text);
  auto json = parse_json(readable, "'" + file.string() + "'");
  if (const auto key = repeated_key(readable))
    throw Error(ErrorCode::kRefused, "facts.value", "refusing to read '" + file.string() + "'",
                "the key '" + printable(*key) + "' stands in an object twice")
        .at(file.string());
  return json;
}

std::vector<FactRow> rows_of_json(std::string_view text, const fs::path& file) {
  const auto json = parse_unambiguous(text, file);
  Rows rows(file);
  std::size_t number = 0;
  const auto add = [&](const std::string& name, const Json& object) {
    const auto where = name.empty() ? "entry " + std::to_string(++number) : "'" + name + "'";
    try {
      auto row = row_of_object(object);
      if (!name.empty() && !row.name.empty() && row.name != name) throw Wrong{"it is called '" + row.name + "' in it"};
      if (!name.empty()) row.name = name;
      row.where = where;
      rows.add(std::move(row));
    } catch (const Wrong& wrong) {
      throw Error(ErrorCode::kRefused, "facts.value", "refusing to read '" + file.string() + "'",
                  where + ": " + wrong.why)
          .at(file.string());
    }
  };
  if (json.is_array())
    for (const auto& object : json) add("", object);
  else if (json.is_object())
    for (const auto& [name, object] : json.items()) add(name, object);
  else
    throw Error(ErrorCode::kRefused, "facts.value", "refusing to read '" + file.string() + "'",
                "it is neither an array of objects nor an object that holds them by name")
        .at(file.string());
  return rows.take();
}

}  // namespace

std::vector<FactRow> read_facts(const fs::path& path) {
  const auto text = read_file(path, kMostBytes);
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const bool json = first != std::string::npos && (text[first] == '[' || text[first] == '{');
  return json ? rows_of_json(text, path) : rows_of_csv(text, path);
}

ZooRecord read_sidecar(const fs::path& path, std::vector<std::string>& foreign) {
  const auto text = read_file(path, kMostBytes);
  Json json;
  try {
    json = parse_unambiguous(text, path);
  } catch (const Error& error) {
    throw Error(error.code(), error.id(), "refusing to read '" + path.string() + "'", error.why(),
                "mend it, or import without --sidecars")
        .at(path.string());
  }
  ZooRecord facts;
  std::string at;
  try {
    expect_few(object_of(json));
    expect_one_of_each(json);
    for (const auto& [key, value] : json.items()) {
      at = "'" + printable(key) + "': ";
      if (!value.is_null() && !state(facts, key, value)) foreign.push_back(key);
    }
    at.clear();
    expect_whole(facts);
  } catch (const Wrong& wrong) {
    throw Error(ErrorCode::kRefused, "facts.value", "refusing to read '" + path.string() + "'", at + wrong.why,
                "mend it, or import without --sidecars")
        .at(path.string());
  }
  return facts;
}

void state_facts(ZooRecord& record, const ZooRecord& facts) {
  for (auto text : {&ZooRecord::dataset, &ZooRecord::family, &ZooRecord::split, &ZooRecord::notes})
    if (!(facts.*text).empty()) record.*text = facts.*text;
  if (!facts.architecture.empty()) {
    record.architecture = facts.architecture;
    record.plugin_version = facts.plugin_version;
    record.config = facts.config;
  }
  if (!facts.hyperparameters.empty()) {
    if (!record.hyperparameters.is_object()) record.hyperparameters = Json::object();
    merge_settings(record.hyperparameters, facts.hyperparameters, SettingConflict::kLastCounts);
  }
  for (const auto& [name, value] : facts.metrics) record.metrics[name] = value;
  record.tags.insert(facts.tags.begin(), facts.tags.end());
}

ParentLink parent_link(const Zoo& zoo, const std::string& text) {
  const auto is_digest = [](const std::string& name) { return name.size() == 64 && is_hex(name); };
  const auto colon = text.rfind(':');
  if (zoo.knows(text) || colon == std::string::npos)
    return is_digest(text) ? ParentLink{"generated-by", text} : ParentLink{"fine-tuned-from", zoo.get(text).id};
  const auto name = text.substr(0, colon), kind = text.substr(colon + 1);
  return {kind, is_digest(name) ? name : zoo.get(name).id};
}

bool add_parent(ZooRecord& record, const ParentLink& link) {
  const bool there = std::ranges::any_of(
      record.parents, [&](const auto& known) { return known.kind == link.kind && known.parent == link.parent; });
  if (!there) record.parents.push_back(link);
  return !there;
}

}  // namespace weightloom
