#include <chrono>
#include <cmath>
#include <set>

#include "row.hpp"
#include "setting_limits.hpp"
#include "tensor_records.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kLongestTensorName = 1024, kLongestWord = 256, kLongestText = 4096, kLongestNotes = 1u << 20,
                      kLongestSettings = 1u << 20;

class Checker {
 public:
  explicit Checker(const ZooRecord& record) : record_(record) {}

  void run() const {
    text("architecture", record_.architecture);
    text("plugin version", record_.plugin_version);
    text("data set", record_.dataset);
    text("family", record_.family);
    if (!record_.split.empty() && record_.split != "train" && record_.split != "held-out")
      refuse("its split '" + printable(record_.split) + "' is neither train nor held-out");
    for (const auto& tag : record_.tags) word("tag", tag);
    for (const auto& [name, value] : record_.metrics) {
      word("metric", name);
      if (std::isnan(value)) refuse("its metric '" + name + "' is not a number");
    }
    for (const auto& link : record_.parents) {
      word("kind of a parent", link.kind);
      text("parent", link.parent);
    }
    notes();
    if (!record_.created.empty() && !parse_time(record_.created))
      refuse("its time '" + printable(record_.created.substr(0, kLongestWord)) + "' is none");
    settings("configuration", record_.config);
    settings("hyperparameters", record_.hyperparameters);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kUsage, "zoo.bad_record", "cannot store network '" + printable(record_.name) + "'", why);
  }

  void text(const std::string& what, const std::string& value) const {
    if (value.size() > kLongestText || !is_printable(value))
      refuse("its " + what + " '" + printable(value.substr(0, kLongestWord)) + "' is not one line of up to " +
             std::to_string(kLongestText) + " bytes of UTF-8 without control characters");
  }

  // What is typed in commands and queries.
  void word(const std::string& what, const std::string& value) const {
    if (value.empty() || value.size() > kLongestWord || !is_printable(value) || value.front() == ' ' ||
        value.back() == ' ')
      refuse("the " + what + " '" + printable(value.substr(0, kLongestWord)) + "' is not 1 to " +
             std::to_string(kLongestWord) +
             " bytes of UTF-8 on one line, without control characters and spaces around it");
  }

  void utf8(const std::string& what, std::string_view text) const {
    if (find_bad_utf8(text) != std::string_view::npos) refuse("in its " + what + " is text that is not UTF-8");
  }

  void count_values(const std::string& what, const Json& value, std::size_t level, std::size_t& values) const {
    if (!value.is_structured()) {
      if (value.is_string()) utf8(what, value.get_ref<const std::string&>());
      if (++values > kMostSettings)
        refuse("its " + what + " has more than " + std::to_string(kMostSettings) + " values");
      return;
    }
    if (level == kMostSettingLevels)
      refuse("its " + what + " nests more than " + std::to_string(kMostSettingLevels) + " levels");
    for (auto member = value.begin(); member != value.end(); ++member) {
      if (value.is_object()) utf8(what, member.key());
      count_values(what, *member, level + 1, values);
    }
  }

  // Every list of networks reads them.
  void settings(const std::string& what, const Json& value) const {
    if (!value.is_null() && !value.is_object()) refuse("its " + what + " is no object");
    std::size_t values = 0;
    count_values(what, value, 0, values);
    std::set<std::string> paths;
    expect_said_once(what, "", value, paths);
    if (value.dump(-1, ' ', false, Json::error_handler_t::replace).size() > kLongestSettings)
      refuse("its " + what + " is longer than 1 MiB");
  }

  // {"a": {"b": 1}, "a.b": 2}: both are asked for, and taken away, as a.b.
  void expect_said_once(const std::string& what, const std::string& prefix, const Json& value,
                        std::set<std::string>& paths) const {
    if (!value.is_object()) return;
    for (const auto& [key, member] : value.items()) {
      const auto path = prefix + key;
      if (!paths.insert(path).second)
        refuse("in its " + what + " '" + printable(path.substr(0, kLongestWord)) +
               "' is said twice, nested and with dots");
      expect_said_once(what, path + ".", member, paths);
    }
  }

  void notes() const {
    const auto& value = record_.notes;
    if (value.size() > kLongestNotes) refuse("its notes are longer than 1 MiB");
    for (std::size_t at = 0; at <= value.size();) {
      const auto end = std::min(value.find_first_of("\n\t", at), value.size());
      if (!is_printable(std::string_view(value).substr(at, end - at)))
        refuse("its notes are not UTF-8, or hold control characters other than line breaks and tabs");
      at = end + 1;
    }
  }

  const ZooRecord& record_;
};

}  // namespace

void expect_storable(const ZooRecord& record) {
  Checker(record).run();
}

std::string pointless_time(const std::string& created) {
  constexpr std::int64_t kDay = 86'400, kFirst = 315'532'800;  // 1980: before it clocks were not set
  const auto time = parse_time(created);
  if (!time) return {};
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  if (*time > now.count() + kDay) return "in the future";
  return *time < kFirst ? "before there were networks" : "";
}

void expect_tag(const std::string& tag) {
  if (tag.find(';') == std::string::npos) return;
  throw Error(ErrorCode::kUsage, "zoo.bad_record", "cannot give the tag '" + printable(tag) + "'",
              "';' stands between tags in tables of facts",
              "give two tags, each by itself; one that holds ';' is given by facts in JSON");
}

void expect_tensor_name(const std::string& name) {
  if (name.empty() || name.size() > kLongestTensorName || !is_printable(name))
    throw Error(ErrorCode::kUsage, "zoo.bad_tensor", "cannot store tensor '" + name + "'",
                "its name is not 1 to 1024 bytes of UTF-8 without control or bidirectional control characters");
}

void expect_storable(const ZooRecord& record, const TensorMap& tensors) {
  expect_storable(record);
  for (const auto& [name, tensor] : tensors) {
    expect_tensor_name(name);
    if (tensor.bytes.size() != byte_count(tensor.dtype, tensor.shape))
      throw Error(ErrorCode::kUsage, "zoo.bad_tensor", "cannot store network '" + record.name + "'",
                  "the bytes of tensor '" + name + "' do not fill its shape " + to_string(tensor.shape));
  }
}

}  // namespace weightloom
