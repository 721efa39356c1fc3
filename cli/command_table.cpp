#include "cli/command_table.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "cli/catalogue.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/settings.hpp"

namespace weightloom::cli {

View page(std::function<void(Printer&, const Json&)> print, std::string id) {
  return {std::move(print), {}, std::move(id), {}};
}

View changing(View view) {
  view.changes = true;
  return view;
}

View listing(std::string items, std::string id, std::vector<Column> columns) {
  return {nullptr, std::move(items), std::move(id), std::move(columns)};
}

void CommandTable::insert(const std::string& name, Command command) {
  if (find_entry(name) == nullptr || is_group(name))
    throw std::logic_error("command '" + name + "' is not in the catalogue");
  commands_.emplace(name, std::move(command));
}

// The framework takes "-1" for the largest number that there is, and what is larger for that too.
CLI::Validator whole_number() {
  return CLI::Validator(
      [](std::string& text) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size()
                   ? ""
                   : "'" + text + "' is no whole number, 0 and more";
      },
      "");
}

namespace {

// Those of the framework name the largest number that there is, in full.
CLI::Validator number_that(bool (*fits)(double), const char* what) {
  return CLI::Validator(
      [=](std::string& text) {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && fits(value)
                   ? ""
                   : "'" + text + "' is no " + what;
      },
      "");
}

}  // namespace

CLI::Validator positive_number() {
  return number_that([](double value) { return value > 0; }, "number above 0");
}

CLI::Validator no_negative_number() {
  return number_that([](double value) { return value >= 0; }, "number, 0 and more");
}

CLI::Validator query_text() {
  return CLI::Validator(
      [](std::string& text) {
        return text.find_first_not_of(" \t\r\n") == std::string::npos ? "a blank query would mean all networks" : "";
      },
      "");
}

CLI::Option* add_settings_option(CLI::App& app, const std::string& name, Json& target, const std::string& description) {
  target = Json::object();
  const auto merge = [&target](const std::vector<std::string>& assignments) {
    for (const auto& assignment : assignments) {
      Json setting;
      set_from_text(setting, assignment);
      merge_settings(target, setting, SettingConflict::kRefuse);
    }
  };
  return app.add_option_function<std::vector<std::string>>(name, merge, description)
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

}  // namespace weightloom::cli
