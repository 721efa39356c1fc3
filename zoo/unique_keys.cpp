#include "unique_keys.hpp"

#include <string>
#include <unordered_set>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

class KeyCheck : public nlohmann::json_sax<Json> {
 public:
  explicit KeyCheck(const std::filesystem::path& file) : file_(file) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return true;
  }
  bool end_object() override {
    keys_.pop_back();
    return true;
  }
  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second)
      throw Error(ErrorCode::kRefused, "facts.value", "refusing to read '" + file_.string() + "'",
                  "the key '" + printable(name) + "' stands in an object twice")
          .at(file_.string());
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  const std::filesystem::path& file_;
  std::vector<std::unordered_set<std::string>> keys_;  // of the objects that are open
};

}  // namespace

void expect_unique_keys(std::string_view text, const std::filesystem::path& file) {
  KeyCheck check(file);
  Json::sax_parse(text.begin(), text.end(), &check);
}

}  // namespace weightloom
