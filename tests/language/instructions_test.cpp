// Instructions in people's words beside their right readings, on vectors made from WordNet. Columns of the file: the
// text, the data, the architecture, its settings.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/language/architecture_reading.hpp"
#include "weightloom/language/reading.hpp"

using namespace weightloom;

namespace {

std::string reading_of(const std::string& text, const std::vector<Card>& cards, const WordVectors& words) {
  try {
    return read_instruction(text, cards, words).data();
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    return "?";
  }
}

std::string source_of(const std::string& data) {
  return data.substr(0, data.find('['));
}

// "cifar10[5,3]" as "cifar10[3,5]": which classes are meant, in whatever order.
std::string in_order(const std::string& data) {
  const auto source = source_of(data);
  if (source == data) return data;
  std::vector<std::string> classes;
  std::istringstream list(data.substr(source.size() + 1, data.size() - source.size() - 2));
  for (std::string c; std::getline(list, c, ',');) classes.push_back(c);
  std::ranges::sort(classes);
  std::string text = source;
  for (const auto& c : classes) text += (&c == &classes.front() ? '[' : ',') + c;
  return text + ']';
}

// Architecture and settings as the file writes them.
std::pair<std::string, std::string> network_of(const std::string& text, const WordVectors& words) {
  try {
    const auto read = read_architecture(text, {{"mlp", {}}, {"cnn", {}}, {"resnet", {}}, {"vit", {}}}, words);
    std::string settings;
    const auto add = [&](const std::string& setting) { settings += (settings.empty() ? "" : ",") + setting; };
    if (read.depth) add("depth=" + std::to_string(*read.depth));
    if (read.width) add("width=" + std::to_string(*read.width));
    if (read.most_parameters) add("parameters<" + std::to_string(*read.most_parameters));
    if (read.quality == ArchitectureReading::Quality::kHigh) add("quality=high");
    if (read.quality == ArchitectureReading::Quality::kDraft) add("quality=draft");
    return {read.name.empty() ? "-" : read.name, settings.empty() ? "-" : settings};
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    return {"?", "-"};
  }
}

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  for (std::size_t at = 0; at <= line.size();) {
    const auto end = std::min(line.find('\t', at), line.size());
    columns.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return columns;
}

struct Tally {
  int right = 0, count = 0;
  void add(bool good) {
    right += good;
    ++count;
  }
  double share() const { return static_cast<double>(right) / count; }
};

}  // namespace

TEST_CASE("most instructions are understood, and hardly any is misunderstood") {
  const WordVectors words = WordVectors::load(std::getenv("WEIGHTLOOM_WORDS"));
  std::vector<Card> cards;
  for (const char* source : {"mnist", "fashion-mnist", "cifar10"})
    cards.push_back(card_of(source, source_class_names(source)));
  Tally data, classes, refused, misread, kinds, settings;
  std::string wrong;
  std::ifstream file(std::getenv("WEIGHTLOOM_INSTRUCTIONS"));
  for (std::string line; std::getline(file, line);) {
    const auto columns = columns_of(line);
    REQUIRE(columns.size() == 4);
    const auto& text = columns[0];
    const auto wanted = in_order(columns[1]);
    const auto found = in_order(reading_of(text, cards, words));
    if (wanted == "?") {
      refused.add(found == "?");
    } else {
      data.add(source_of(found) == source_of(wanted));
      misread.add(found == "?" || source_of(found) == source_of(wanted));
      if (wanted != source_of(wanted)) classes.add(found == wanted);
    }
    const auto [kind, setting] = network_of(text, words);
    kinds.add(kind == columns[2]);
    if (columns[3] != "-" || setting != "-") settings.add(setting == columns[3]);
    if (found != wanted || kind != columns[2] || setting != columns[3])
      wrong += text + ": " + wanted + " read as " + found + ", " + columns[2] + " as " + kind + ", " + columns[3] +
               " as " + setting + "\n";
  }
  INFO(wrong);
  REQUIRE(data.count + refused.count >= 200);
  CHECK(data.share() >= 0.97);
  CHECK(misread.share() >= 0.99);
  CHECK(classes.share() >= 0.9);
  CHECK(refused.share() >= 0.95);
  CHECK(kinds.share() >= 0.95);
  CHECK(settings.share() >= 0.9);
}
