#pragma once
// The words of a sentence, with the classes of a data set that they name: what every reading of classes asks of them.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "class_list.hpp"
#include "sentence.hpp"

namespace weightloom {

// Tokens first .. last.
struct Run {
  std::size_t first, last;
};

// The class that a token names.
using Name = std::optional<std::int64_t>;

class NamedTokens {
 public:
  NamedTokens(const Sentence& sentence, const Subjects& subject, const Meanings& meanings);

 protected:
  // Words between the classes of one list.
  static constexpr std::size_t kLongestGap = 6;
  // How far from a list a word may stand that says that it is of examples, or goes on.
  static constexpr std::size_t kNearList = 4;
  // A word that is set against another one is compared with classes if it is so close to one of them.
  static constexpr double kLikeClass = 0.3, kNearClass = 0.45;
  // A word is of the whole set if it is so close to a keyword, and has to do with it if it is so close.
  static constexpr double kOfWhole = 0.8, kNearWhole = 0.5;

  // The tokens of the sentence around a place.
  Run sentence_around(std::size_t at) const;
  bool is_own_name(std::size_t at) const;
  bool is_name_of(std::size_t at, std::int64_t c) const;
  // Says from whom or where it is: "from a freight company", "for our freight photos".
  bool is_place(std::size_t at) const;
  // The number that a class is called, of a numbered set.
  std::int64_t number_at(std::int64_t c) const;
  bool is_of_whole(const Token& token) const;
  bool could_be_class(const Token& token, double least = kLikeClass) const;
  bool is_keyword(const Term& term) const;
  bool is_described(const Term& term) const;
  bool is_phrase(std::size_t at, const std::vector<std::string>& words) const;
  bool is_network_part_at(std::size_t at) const;
  std::size_t count_of(std::string_view word) const;
  // The next word from `at` on that tells something, in a direction and within a few words; backwards not beyond the
  // beginning of the sentence.
  std::optional<std::size_t> telling(std::size_t at, std::ptrdiff_t direction) const;
  // The class that is named next, else the next word that tells something.
  std::optional<std::size_t> telling_after(std::size_t at) const;
  // The word that a list has before the one at a place: "hats" of "hats and scarves", of "hats, scarves".
  std::optional<std::size_t> item_before(std::size_t at) const;
  bool is_set_name(std::size_t at) const;
  // "Tell socks from gloves".
  bool is_told_from(std::size_t at) const;
  // "Or not", "or false", "or it isn't", "or there's not".
  bool is_denied_at(std::size_t at) const;
  // "Everything else", "one of the other nine": whether it begins at a place.
  bool begins_rest(std::size_t at) const;
  // Where "everything else", "all the others", "the rest", "any other thing" begins that ends at a place.
  std::optional<std::size_t> is_rest(std::size_t at) const;
  // "All", "any", "the nine"; "whatever" of "from whatever else", but not of "or whatever else".
  bool is_before_rest(std::size_t at) const;
  // "Such as cats and dogs", "cats, dogs and the like", "from airplanes to trucks", the first class to the last one.
  bool is_open(const Run& run) const;
  bool goes_on(std::size_t at) const;
  // Whether what begins at a place is said to be of examples.
  bool opens(std::size_t first) const;
  // "Odd" of "without the odd ones", of a numbered set.
  bool is_denied_parity(std::size_t at) const;
  // "Are banned", "stay out", "must not be used", "may not appear": of what begins at a place.
  bool is_forbidden_after(std::size_t at) const;
  // "Nothing else", "no other", "never any other", "the other".
  bool is_closed(std::size_t at) const;
  // "Drop the rest", "throw out all the others".
  bool is_dropped_rest(std::size_t at) const;
  // "I'd like", "look like": no list of examples.
  bool is_wish(std::size_t at) const;

  template <class Is>
  bool any(std::size_t begin, std::size_t end, const Is& is) const {
    for (auto i = begin; i < std::min(end, tokens_.size()); ++i)
      if (is(i)) return true;
    return false;
  }

  const Sentence& sentence_;
  const std::vector<Token>& tokens_;
  const Subjects& subject_;
  const Meanings& meanings_;
  std::vector<Name> named_;  // of each token
};

}  // namespace weightloom
