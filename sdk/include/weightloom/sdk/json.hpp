#pragma once
// A small JSON value: exact 64-bit integers, objects in order of insertion, a strict bounded reader (RFC 8259), a
// locale-free writer. Needs nothing but the standard library.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weightloom::sdk {

// Malformed text: what is wrong and at which byte.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json() : value_(nullptr) {}
  Json(std::nullptr_t) : value_(nullptr) {}
  Json(bool value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value);
  template <std::integral T>
  requires(!std::same_as<T, bool> && sizeof(T) <= sizeof(std::int64_t)) Json(T value)
      : value_(static_cast<std::int64_t>(value)) {
    if (!std::in_range<std::int64_t>(value)) throw JsonError("integer does not fit 64 bits");
  }
  template <std::integral T>
  Json(const std::vector<T>& values) : value_(Array(values.begin(), values.end())) {}

  bool is_null() const { return is<std::nullptr_t>(); }
  bool is_boolean() const { return is<bool>(); }
  bool is_integer() const { return is<std::int64_t>(); }
  bool is_number() const { return is_integer() || is<double>(); }
  bool is_string() const { return is<std::string>(); }
  bool is_array() const { return is<Array>(); }
  bool is_object() const { return is<Object>(); }

  // Throw std::bad_variant_access when the value is of another type; number() accepts integers too.
  bool boolean() const { return std::get<bool>(value_); }
  std::int64_t integer() const { return std::get<std::int64_t>(value_); }
  double number() const { return is_integer() ? static_cast<double>(integer()) : std::get<double>(value_); }
  const std::string& string() const { return std::get<std::string>(value_); }
  const Array& array() const { return std::get<Array>(value_); }
  Array& array() { return std::get<Array>(value_); }
  const Object& object() const;
  Object& object();

  // The member's value, or nullptr. The value must be an object.
  const Json* find(std::string_view key) const;
  // Replaces the member or appends it. The value must be an object.
  void set(std::string_view key, Json value);

  // No white space; doubles in the shortest form that reads back exactly. Throws JsonError for NaN and infinities.
  std::string dump() const;

  // Exactly one value and nothing else; refuses duplicate keys, bad UTF-8, integers beyond 64 bits, nesting over 64,
  // objects with over 1024 keys and text over `limit` bytes.
  static Json parse(std::string_view text, std::size_t limit = std::size_t{1} << 20);

  bool operator==(const Json& other) const;

 private:
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(value_);
  }
  void write(std::string& out) const;
  static void write_string(std::string& out, std::string_view text);
  static void write_double(std::string& out, double value);

  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string key;
  Json value;
  bool operator==(const Member& other) const { return key == other.key && value == other.value; }
};

inline Json::Json(Object value) : value_(std::move(value)) {}
inline const Json::Object& Json::object() const {
  return std::get<Object>(value_);
}
inline Json::Object& Json::object() {
  return std::get<Object>(value_);
}
inline bool Json::operator==(const Json& other) const {
  return value_ == other.value_;
}

inline const Json* Json::find(std::string_view key) const {
  for (const auto& member : object())
    if (member.key == key) return &member.value;
  return nullptr;
}

inline void Json::set(std::string_view key, Json value) {
  for (auto& member : object()) {
    if (member.key != key) continue;
    member.value = std::move(value);
    return;
  }
  object().push_back({std::string(key), std::move(value)});
}

inline std::string Json::dump() const {
  std::string out;
  write(out);
  return out;
}

inline void Json::write_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

inline void Json::write_double(std::string& out, double value) {
  if (!std::isfinite(value)) throw JsonError("JSON has no NaN and no infinity");
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  if (text.find_first_of(".e") == text.npos) out += ".0";  // reads back as a double, not as an integer
}

inline void Json::write(std::string& out) const {
  if (is_null()) {
    out += "null";
  } else if (is_boolean()) {
    out += boolean() ? "true" : "false";
  } else if (is_integer()) {
    out += std::to_string(integer());
  } else if (is_number()) {
    write_double(out, number());
  } else if (is_string()) {
    write_string(out, string());
  } else if (is_array()) {
    out += '[';
    for (std::size_t i = 0; i < array().size(); ++i) {
      if (i) out += ',';
      array()[i].write(out);
    }
    out += ']';
  } else {
    out += '{';
    for (std::size_t i = 0; i < object().size(); ++i) {
      if (i) out += ',';
      write_string(out, object()[i].key);
      out += ':';
      object()[i].value.write(out);
    }
    out += '}';
  }
}

namespace detail {

// The length of the valid UTF-8 sequence that `text` starts with, 0 when there is none (Unicode 15, table 3-7).
inline std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto within = [&](std::size_t i, unsigned least, unsigned most) { return at(i) >= least && at(i) <= most; };
  const unsigned lead = at(0);
  if (lead < 0x80) return text.empty() ? 0 : 1;
  if (lead >= 0xC2 && lead <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if ((lead & 0xF0) == 0xE0) {
    const bool second = within(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = within(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  Json document() {
    Json result = value(0);
    skip_space();
    if (at_ != text_.size()) fail("unexpected text after the value");
    return result;
  }

 private:
  static constexpr int kDeepest = 64;
  static constexpr std::size_t kMostKeys = 1024;  // look-up is linear

  [[noreturn]] void fail(const std::string& problem) const {
    throw JsonError("malformed JSON at byte " + std::to_string(at_) + ": " + problem);
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected '") + c + "'");
  }

  Json value(int depth) {
    if (depth > kDeepest) fail("nested deeper than 64");
    skip_space();
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        return literal("true", true);
      case 'f':
        return literal("false", false);
      case 'n':
        return literal("null", nullptr);
      default:
        return number();
    }
  }

  Json literal(std::string_view word, Json result) {
    if (text_.substr(at_, word.size()) != word) fail("expected a value");
    at_ += word.size();
    return result;
  }

  Json object(int depth) {
    expect('{');
    Json result{Json::Object{}};
    if (accept('}')) return result;
    do {
      skip_space();
      std::string key = string();
      if (result.find(key)) fail("key '" + key + "' appears twice");
      expect(':');
      if (result.object().size() == kMostKeys) fail("an object with more than 1024 keys");
      result.object().push_back({std::move(key), value(depth + 1)});
    } while (accept(','));
    expect('}');
    return result;
  }

  Json array(int depth) {
    expect('[');
    Json::Array result;
    if (accept(']')) return result;
    do {
      result.push_back(value(depth + 1));
    } while (accept(','));
    expect(']');
    return result;
  }

  std::size_t digits() {
    const auto start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - start;
  }

  Json number() {
    const auto start = at_;
    if (peek() == '-') ++at_;
    const bool leading_zero = peek() == '0';
    const auto whole = digits();
    if (whole == 0) fail("expected a value");
    if (leading_zero && whole > 1) fail("a number must not start with 0");
    bool exact = true;
    if (peek() == '.') {
      exact = false;
      ++at_;
      if (digits() == 0) fail("expected digits after the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      exact = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) fail("expected digits in the exponent");
    }
    const auto number_text = text_.substr(start, at_ - start);
    return exact ? Json(convert<std::int64_t>(number_text)) : Json(convert<double>(number_text));
  }

  template <class T>
  T convert(std::string_view number_text) const {
    T result{};
    const auto end = number_text.data() + number_text.size();
    if (std::from_chars(number_text.data(), end, result).ec != std::errc{}) fail("number out of range");
    return result;
  }

  unsigned hex4() {
    unsigned code = 0;
    if (at_ + 4 > text_.size()) fail("truncated \\u escape");
    const auto end = text_.data() + at_ + 4;
    if (std::from_chars(text_.data() + at_, end, code, 16).ptr != end) fail("expected four hexadecimal digits");
    at_ += 4;
    return code;
  }

  void append_escape(std::string& out) {
    const char c = peek();
    ++at_;
    if (c == 'u') {
      append_code_point(out);
      return;
    }
    static constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const auto index = kEscapes.find(c);
    if (index == kEscapes.npos) fail("unknown escape");
    out += kMeanings[index];
  }

  void append_code_point(std::string& out) {
    unsigned code = hex4();
    if (code >= 0xD800 && code <= 0xDFFF) {
      const bool pair = code < 0xDC00 && text_.substr(at_, 2) == "\\u";
      if (!pair) fail("unpaired surrogate");
      at_ += 2;
      const unsigned low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) fail("unpaired surrogate");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    const auto byte = [&](unsigned bits) { out += static_cast<char>(bits); };
    const auto tail = [&](unsigned shift) { byte(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | (code >> 6)), tail(0);
    } else if (code < 0x10000) {
      byte(0xE0 | (code >> 12)), tail(6), tail(0);
    } else {
      byte(0xF0 | (code >> 18)), tail(12), tail(6), tail(0);
    }
  }

  std::string string() {
    if (peek() != '"') fail("expected a string");
    ++at_;
    std::string out;
    while (true) {
      if (at_ == text_.size()) fail("unterminated string");
      if (peek() == '"') break;
      if (static_cast<unsigned char>(peek()) < 0x20) fail("control character in a string");
      if (peek() == '\\') {
        ++at_;
        append_escape(out);
        continue;
      }
      const auto length = utf8_length(text_.substr(at_, 4));
      if (length == 0) fail("invalid UTF-8");
      out += text_.substr(at_, length);
      at_ += length;
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail

inline Json Json::parse(std::string_view text, std::size_t limit) {
  if (text.size() > limit) throw JsonError("JSON text is larger than " + std::to_string(limit) + " bytes");
  return detail::JsonParser(text).document();
}

}  // namespace weightloom::sdk
