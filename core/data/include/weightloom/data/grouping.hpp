#pragma once
// Classes of a data set taken together: one against all others, the even ones against the odd ones.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// What a source such as "mnist[7,rest]" or "mnist[0+2,1+3+5]" says: groups between commas, classes of one group between
// plus signs, counted from 0; `rest`, once, is all classes that no other group has. Groups are the classes of such a
// source. Each split has equally many images of every group: of those of the larger ones a sample is kept, so that
// guessing the most frequent class is no better than guessing, and accuracy is balanced accuracy.
struct ClassGrouping {
  std::string source;                             // whose classes are grouped
  std::vector<std::vector<std::int64_t>> groups;  // an empty one: the rest

  // Nothing where `source` names no groups. Throws kUsage "data.spec".
  static std::optional<ClassGrouping> of(std::string_view source);
  // Of each of `classes` classes its group; -1 where it has none. Throws kUsage "data.class" where a group has a class
  // that is not there, or the rest has none.
  std::vector<std::int64_t> group_of_each(std::size_t classes) const;
  // "seven", "zero+two", "rest".
  std::vector<std::string> names(const std::vector<std::string>& classes) const;
  // As it was written.
  std::string text() const;
};

// The source without groups.
std::string ungrouped(const std::string& source);

// Positions of `labels`, ascending, of which all labels 0 .. groups - 1 have equally many: as many as the rarest one.
// Of the others a sample that is fixed by `seed`.
std::vector<std::int64_t> equal_shares(const std::vector<std::int64_t>& labels, std::int64_t groups,
                                       std::uint64_t seed);

}  // namespace weightloom
