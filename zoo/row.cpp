#include "row.hpp"

#include <time.h>

#include <cstring>

#include "glob.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

void put_count(std::string& out, std::size_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_count(out, text.size());
  out += text;
}

template <class T>
void put_fixed(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

constexpr char kNumber = 'n', kText = 't';

void put_settings(std::string& out, std::size_t& count, const std::string& path, const Json& value) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) put_settings(out, count, path + "." + key, member);
    return;
  }
  if (value.is_null()) return;
  ++count;
  put_text(out, path);
  if (value.is_number()) {
    out += kNumber;
    put_fixed(out, value.get<double>());
  } else {
    out += kText;
    put_text(out,
             value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

}  // namespace

// Bounds-checked: a damaged row must end in an error, not in a crash.
class RowView::Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  template <class T>
  T fixed() {
    T value;
    const auto bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::size_t count() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::size_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }
  std::string_view text() { return take(count()); }
  std::string_view rest() const { return rest_; }

 private:
  [[noreturn]] static void fail() {
    throw Error(ErrorCode::kDamaged, "zoo.row", "cannot read the zoo", "a summary row is damaged",
                "run: weightloom zoo verify");
  }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) fail();
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
};

std::string encode_row(const ZooRecord& record) {
  std::string out;
  put_fixed(out, record.parameters);
  put_fixed(out, record.bytes);
  put_fixed(out, parse_time(record.created).value_or(0));
  const auto known = record.source.is_object() ? record.source.value("sha256", Json()) : Json();
  const auto source = known.is_string() ? known.get<std::string>() : std::string();
  for (const std::string* text : {&record.name, &record.architecture, &record.dataset, &record.family, &record.split,
                                  &source, &record.weights_hash})
    put_text(out, *text);
  put_count(out, record.tags.size());
  for (const auto& tag : record.tags) put_text(out, tag);
  put_count(out, record.metrics.size());
  for (const auto& [name, value] : record.metrics) {
    put_text(out, name);
    put_fixed(out, value);
  }
  put_count(out, record.parents.size());
  for (const auto& link : record.parents) {
    put_text(out, link.kind);
    put_text(out, link.parent);
  }
  std::string settings;
  std::size_t count = 0;
  put_settings(settings, count, "config", record.config);
  put_settings(settings, count, "hyper", record.hyperparameters);
  put_count(out, count);
  return out + settings;
}

RowView::RowView(std::string_view bytes) {
  Reader reader(bytes);
  parameters_ = reader.fixed<std::int64_t>();
  bytes_ = reader.fixed<std::int64_t>();
  created_ = reader.fixed<std::int64_t>();
  for (auto& text : texts_) text = reader.text();
  rest_ = reader.rest();
}

RowView::Reader RowView::after_texts() const {
  return Reader(rest_);
}

RowView::Reader RowView::at_metrics() const {
  auto reader = after_texts();
  for (auto n = reader.count(); n > 0; --n) reader.text();
  return reader;
}

RowView::Reader RowView::at_parents() const {
  auto reader = at_metrics();
  for (auto n = reader.count(); n > 0; --n) {
    reader.text();
    reader.fixed<double>();
  }
  return reader;
}

RowView::Reader RowView::at_settings() const {
  auto reader = at_parents();
  for (auto n = reader.count(); n > 0; --n) {
    reader.text();
    reader.text();
  }
  return reader;
}

bool RowView::any_tag(const std::string& glob) const {
  auto reader = after_texts();
  for (auto n = reader.count(); n > 0; --n)
    if (glob_matches(glob, reader.text())) return true;
  return false;
}

bool RowView::has_parent(std::string_view kind, std::string_view parent_prefix) const {
  auto reader = at_parents();
  for (auto n = reader.count(); n > 0; --n) {
    const auto link_kind = reader.text();
    const auto parent = reader.text();
    if (link_kind == kind && parent.starts_with(parent_prefix)) return true;
  }
  return false;
}

std::optional<double> RowView::metric(std::string_view name) const {
  auto reader = at_metrics();
  for (auto n = reader.count(); n > 0; --n) {
    const bool found = reader.text() == name;
    const auto value = reader.fixed<double>();
    if (found) return value;
  }
  return std::nullopt;
}

std::optional<std::variant<double, std::string_view>> RowView::setting(std::string_view path) const {
  auto reader = at_settings();
  for (auto n = reader.count(); n > 0; --n) {
    const bool found = reader.text() == path;
    std::variant<double, std::string_view> value;
    if (reader.fixed<char>() == kNumber)
      value = reader.fixed<double>();
    else
      value = reader.text();
    if (found) return value;
  }
  return std::nullopt;
}

std::set<std::string> RowView::tags() const {
  std::set<std::string> out;
  auto reader = after_texts();
  for (auto n = reader.count(); n > 0; --n) out.emplace(reader.text());
  return out;
}

std::map<std::string, double> RowView::metrics() const {
  std::map<std::string, double> out;
  auto reader = at_metrics();
  for (auto n = reader.count(); n > 0; --n) {
    const auto name = reader.text();
    out.emplace(name, reader.fixed<double>());
  }
  return out;
}

std::vector<std::string> RowView::setting_paths() const {
  std::vector<std::string> out;
  auto reader = at_settings();
  for (auto n = reader.count(); n > 0; --n) {
    out.emplace_back(reader.text());
    if (reader.fixed<char>() == kNumber)
      reader.fixed<double>();
    else
      reader.text();
  }
  return out;
}

std::string format_time(std::int64_t seconds) {
  const time_t time = seconds;
  tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, length};
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  const std::string terminated(text);
  for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    tm parts{};
    const char* end = ::strptime(terminated.c_str(), format, &parts);
    if (!end || *end != '\0') continue;
    const auto day = parts.tm_mday;
    const auto time = ::timegm(&parts);  // which takes February 30 for a day of March
    if (parts.tm_mday == day) return time;
  }
  return std::nullopt;
}

}  // namespace weightloom
