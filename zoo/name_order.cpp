#include "name_order.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "query_syntax.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {

// Names that go on behind a common beginning in the same way: with one character, or with a number and what follows it.
struct Branch {
  std::string label;     // how
  bool is_name = false;  // the name that ends there, and no other
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What lies behind everything that begins with `text`, which is not all of the last byte that there is.
std::string behind(std::string text) {
  while (text.back() == '\xff') text.pop_back();
  text.back() = static_cast<char>(text.back() + 1);
  return text;
}

// The bytes of a name are ordered like its characters, but for numbers, which are compared by what they are worth.
class FirstNames {
 public:
  FirstNames(const Database& database, std::size_t limit) : database_(database), limit_(limit) {}

  std::vector<NamedId> take() {
    descend("");
    if (found_.size() > limit_) found_.resize(limit_);
    return std::move(found_);
  }

 private:
  void descend(const std::string& beginning) {
    auto branches = branches_of(beginning);
    std::ranges::stable_sort(branches, natural_less, &Branch::label);
    for (auto at = branches.begin(); at != branches.end() && found_.size() < limit_;) {
      // Numbers that differ in leading zeros alone are equal: what follows them decides.
      const auto end =
          std::find_if(at + 1, branches.end(), [&](const auto& other) { return natural_less(at->label, other.label); });
      if (end - at > 1 || at->is_name)
        add_all(beginning, {at, end});
      else
        descend(beginning + at->label);
      at = end;
    }
  }

  std::vector<Branch> branches_of(const std::string& beginning) const {
    std::vector<Branch> branches;
    const auto from = keys::name(beginning);
    database_.walk(Family::kName, from, [&](std::string_view key, std::string_view) -> std::optional<std::string> {
      const auto rest = key.substr(std::min(from.size(), key.size()));
      if (!key.starts_with(from)) return std::nullopt;
      const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin());
      if (digits == rest.size()) {
        branches.push_back({std::string(rest), true});
        return std::string(key) + '\0';
      }
      branches.push_back({std::string(rest.substr(0, digits + 1))});
      return behind(std::string(key.substr(0, from.size() + digits + 1)));
    });
    return branches;
  }

  void add_all(const std::string& beginning, std::span<const Branch> branches) {
    std::vector<NamedId> names;
    for (const auto& branch : branches) {
      const auto from = keys::name(beginning + branch.label);
      database_.scan(Family::kName, from, [&](auto key, auto id) {
        if (!branch.is_name || key == from) names.push_back({keys::text(key), std::string(id)});
        return !branch.is_name;
      });
    }
    std::ranges::sort(names, [](const NamedId& a, const NamedId& b) {
      if (natural_less(a.name, b.name)) return true;
      return !natural_less(b.name, a.name) && a.raw < b.raw;
    });
    std::ranges::move(names, std::back_inserter(found_));
  }

  const Database& database_;
  std::size_t limit_;
  std::vector<NamedId> found_;
};

}  // namespace

std::vector<NamedId> first_names(const Database& database, std::size_t limit) {
  return FirstNames(database, limit).take();
}

}  // namespace weightloom
