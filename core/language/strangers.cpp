#include "strangers.hpp"

#include <algorithm>
#include <vector>

#include "architecture_kinds.hpp"
#include "vocabulary.hpp"

namespace weightloom {
namespace {

class StrangerReader : NamedTokens {
 public:
  explicit StrangerReader(const NamedTokens& tokens) : NamedTokens(tokens) {}

  std::optional<std::string> find(bool alone) const {
    auto found = set_against();
    if (!found && alone) found = told_apart();
    if (!found) found = set_aside();
    if (!found) found = listed();
    if (!found) found = confined();
    if (!found) found = strangers();
    if (!found) found = bare_strangers();
    if (!found) found = sorted_into();
    return found;
  }

  // "Belts" of "trousers, shirts and belts": of the set's kind and no class, in a list of three and more in the plural
  // that names classes.
  std::optional<std::string> stranger_listed() const {
    for (std::size_t last = 2; !subject_.numbered && last < tokens_.size(); ++last) {
      if (!tokens_[last].tells || opens(last) || is_item_after(last, last + 1) || is_item_after(last, last + 2))
        continue;
      auto items = items_up_to(last);
      items.erase(std::ranges::find_if(items, [&](std::size_t i) { return !is_item(i); }), items.end());
      const auto stranger = items.size() > 2 ? stranger_of(items) : std::nullopt;
      if (stranger && !is_open({items.back(), last})) return tokens_[*stranger].word;
      if (const auto chosen = stranger_to_choose(last)) return tokens_[*chosen].word;
    }
    if (auto stranger = told_from_several()) return stranger;
    return paired();
  }

 private:
  // Of the list that ends at a place, the last one first.
  std::vector<std::size_t> items_up_to(std::size_t last) const {
    std::vector<std::size_t> items;
    for (std::optional<std::size_t> i = last; i && !is_set_name(*i); i = item_before(joined_at(*i)))
      items.push_back(*i);
    return items;
  }

  // "The" of "penguins and the seals", "combine" of "cars and combine harvesters".
  std::size_t joined_at(std::size_t at) const {
    const bool modified = at > 1 && !tokens_[at].begins && tokens_[at - 1].tells && is_joint(tokens_[at - 2].word);
    const auto first = modified ? at - 1 : with_article(at);
    return first > 0 && !tokens_[first].begins && is_joint(tokens_[first - 1].word) ? first : at;
  }

  bool ends_list(std::size_t last) const { return last + 1 == tokens_.size() || tokens_[last + 1].begins; }

  // A thing as all classes are: "wristwatch" beside garments, "zeppelin" beside planes and ships.
  bool is_like_all(std::size_t at) const {
    const Kinship kin = kinship(tokens_[at].term, subject_.genera, meanings_.taxonomy());
    return kin.sibling || kin.like_all;
  }

  // "Dog" of "dog vs cat", beside what a list has.
  std::optional<std::size_t> side_before(std::size_t at) const {
    const bool versus = at > 1 && !tokens_[at].begins && is_versus(tokens_[at - 1].word) && tokens_[at - 2].tells;
    return versus ? std::optional(at - 2) : item_before(at);
  }

  // "Hamster" of "a dog, a cat or a hamster": the one of three things and more to choose from that is no class.
  std::optional<std::size_t> stranger_to_choose(std::size_t last) const {
    const auto joint = with_article(last);
    const bool bare = joint > 0 && tokens_[joint].begins && tokens_[joint].word != "the";
    if (joint == 0 || opens(last) || (!bare && tokens_[joint - 1].word != "or" && !is_versus(tokens_[joint - 1].word)))
      return std::nullopt;
    if (bare && !ends_list(last)) return std::nullopt;
    // At its end a thing that is like none of them is one of the list, too.
    const bool ends =
        (last + 1 == tokens_.size() || tokens_[last + 1].begins) && !is_kind_of_network(tokens_[last].word);
    const auto is_other = [&](std::size_t i) {
      const Term& term = tokens_[i].term;
      const bool several = is_keyword(term) || is_described(term) || group_named(term, subject_);
      if (bare) return tokens_[i].tells && is_thing(i) && !several && is_like_all(i);
      return tokens_[i].tells && ((i == last && ends && !several) || (is_thing(i) && could_be_class(tokens_[i])));
    };
    std::optional<std::size_t> stranger;
    std::vector<Name> classes;
    for (std::optional<std::size_t> i = last; i; i = side_before(with_article(*i))) {
      if (is_class_itself(*i)) {
        classes.push_back(named_[*i]);
        continue;
      }
      if (!is_other(*i)) break;
      if (stranger && !bare && !is_sibling(*i)) return std::nullopt;
      if (!stranger) stranger = *i;
    }
    // "Pussycat" of "pussycat, pooch or frog" is the cat.
    const bool named = stranger && named_[*stranger] && std::ranges::find(classes, named_[*stranger]) == classes.end();
    const bool enough = classes.size() > 1 || (classes.size() == 1 && stranger && is_sibling(*stranger));
    return enough && !named ? stranger : std::nullopt;
  }

  // "Fish" of "fish and bird", "rabbit" of "cifar10: dog, rabbit", of which one is a class, where nothing else is said
  // there. Behind the set's name it need not be like one.
  std::optional<std::string> paired() const {
    for (std::size_t second = 1; !subject_.numbered && second < tokens_.size(); ++second) {
      const auto first = tokens_[second].tells ? item_before(with_article(second)) : std::nullopt;
      if (!first || !are_all_of_clause(*first, second)) continue;
      const auto stranger = is_class_itself(*first) ? second : *first;
      // "Cifar10: whales or dolphins".
      if (is_behind_name(*first) && !begins(second) && are_strange_things({second, *first}))
        return tokens_[second].word;
      // "Terrier and cat", but not "terrier and dog".
      const bool kind = is_kind_of_class(stranger) && named_[*first] != named_[second];
      const bool one = is_class_itself(*first) != is_class_itself(second) && !kind;
      if (one && (is_behind_name(*first) && !begins(second) ? !is_own_word(stranger)
                                                            : is_thing(stranger) && could_be_class(tokens_[stranger])))
        return tokens_[stranger].word;
    }
    return std::nullopt;
  }

  // Behind the set's name, or with a joint between them.
  bool are_all_of_clause(std::size_t first, std::size_t second) const {
    const auto next = second + 1;
    if (next < tokens_.size() && (!tokens_[next].begins || item_before(next))) return false;
    return is_behind_name(first) || (!begins(second) && begins(first) && !item_before(with_article(first)));
  }

  // Things in the plural, none of them of the set, and at least one of its kind unless `any_kind` will do.
  bool are_strange_things(const std::vector<std::size_t>& items, bool any_kind = false) const {
    return std::ranges::all_of(items, [&](std::size_t i) { return is_item(i) && !is_own_word(i) && is_thing(i); }) &&
           std::ranges::any_of(items, [&](std::size_t i) {
             return any_kind || (subject_.numbered ? is_of_letters(tokens_[i].term.text) : could_be_class(tokens_[i]));
           });
  }

  std::size_t with_article(std::size_t at) const {
    return at > 0 && !tokens_[at].begins && is_determiner(tokens_[at - 1].word) ? at - 1 : at;
  }

  bool begins(std::size_t at) const { return tokens_[with_article(at)].begins; }

  bool is_behind_name(std::size_t at) const {
    const auto first = with_article(at);
    return first > 0 && is_set_name(first - 1);
  }

  // "A skirt" of "a skirt or trousers", "socks" of "socks from gloves".
  std::optional<std::string> set_against() const {
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      const auto& word = tokens_[i].word;
      const bool either = word == "or" || is_versus(word);
      const bool listed = word == "and" && (subject_.numbered || are_told_apart(i) || is_between(i));
      const bool bare = word == "from" &&
                        ((could_be_class(tokens_[i - 1], kNearClass) && could_be_class(tokens_[i + 1], kNearClass)) ||
                         is_all_said(i - 1, i + 1));
      const bool told = word == "from" && (bare || is_told_from(i));
      if ((!either && !listed && !told) || is_denied_at(i + 1) || begins_rest(i + 1)) continue;
      // "Bicycles against trains": what stands there is meant, whatever it says elsewhere.
      const bool strict =
          is_generic_plural(tokens_[i + 1]) && ((either && word != "or") || (listed && could_be_class(tokens_[i + 1])));
      // "Trains and ships told apart".
      const bool trained =
          (listed || (either && word != "or")) && is_generic_plural(tokens_[i - 1]) && could_be_class(tokens_[i - 1]);
      const auto before = trained ? std::optional(i - 1) : thing_near(i, -1);
      const auto after = strict ? std::optional(i + 1) : thing_near(i, 1);
      if (!before || !after) continue;
      const bool first = named_[*before].has_value(), second = named_[*after].has_value();
      if ((first && second) || tokens_[*before].left_out || tokens_[*after].left_out) continue;
      const auto& other = tokens_[first ? *after : *before];
      if (is_destination(other)) continue;
      // "Two or not two".
      if (!tokens_[*after].tells && tokens_[*before].term.text == tokens_[*after].term.text) continue;
      if (opens(*before) || opens(*after) || (word == "or" && is_of_whole(other))) continue;
      if (is_keyword(other.term)) continue;
      if (any(i, *after + 1, [&](std::size_t at) { return is_open_after(tokens_[at].word); })) continue;
      if (listed && !subject_.numbered && (!is_beside(*before, i) || !is_beside(i, *after))) continue;
      if (subject_.numbered
              ? other.number && tokens_[first ? *before : *after].number
              : first || second || told || word != "or" ||
                    (could_be_class(tokens_[*before]) && could_be_class(tokens_[*after])) ||
                    (is_beside(*before, i) && is_beside(i, *after) &&
                     (could_be_class(tokens_[*before], kNearClass) || could_be_class(tokens_[*after], kNearClass))))
        return other.word;
    }
    return std::nullopt;
  }

  // The word that tells something next to a place, and no adjective where numbers are classes: "a handwritten 12 as
  // opposed to a handwritten 15".
  std::optional<std::size_t> thing_near(std::size_t at, std::ptrdiff_t direction) const {
    const auto step = static_cast<std::size_t>(direction);
    auto found = direction > 0 ? telling_after(at + step) : telling(at + step, direction);
    const auto describes = [&](std::size_t i) {
      return is_keyword(tokens_[i].term) || (i + 1 < tokens_.size() && tokens_[i + 1].number);
    };
    while (found && subject_.numbered && !tokens_[*found].number && describes(*found))
      found = telling(*found + step, direction);
    return found;
  }

  // Of "tell frogs from penguins and crocodiles".
  std::optional<std::string> told_from_several() const {
    for (std::size_t i = 1; !subject_.numbered && i + 1 < tokens_.size(); ++i) {
      if (tokens_[i].word != "from" || !is_told_from(i)) continue;
      // Of "tell goats from horses and dogs".
      if (is_sibling(i - 1) && is_thing(i - 1)) return tokens_[i - 1].word;
      if (!is_class_itself(i - 1)) continue;
      if (const auto other = stranger_beside(i - 1, is_determiner(tokens_[i + 1].word) ? i + 2 : i + 1))
        return tokens_[*other].word;
    }
    return std::nullopt;
  }

  // "Crocodiles" of "frogs from penguins and crocodiles": two things in the plural, neither of them a class by its
  // name, and one like none, or like the class that they are told from.
  std::optional<std::size_t> stranger_beside(std::size_t told, std::size_t first) const {
    if (first >= tokens_.size() || is_class_itself(first) || !is_plural(tokens_[first].word)) return std::nullopt;
    for (auto second = first + 2; second < std::min(first + 4, tokens_.size()); ++second) {
      if (!tokens_[second].tells || item_before(joined_at(second)) != first) continue;
      const bool like_none = !named_[second] || named_[second] == named_[told];
      const bool ends = second + 1 == tokens_.size() || tokens_[second + 1].begins;
      if (like_none && !is_class_itself(second) && is_thing(second) && is_plural(tokens_[second].word) &&
          (ends || could_be_class(tokens_[second])))
        return second;
    }
    return std::nullopt;
  }

  // "Shelf" where boots "go on the shelf".
  bool is_destination(const Token& token) const {
    for (std::size_t i = 2; i < tokens_.size(); ++i) {
      if (tokens_[i].term.text != token.term.text || !is_determiner(tokens_[i - 1].word)) continue;
      const auto& before = tokens_[i - 2].word;
      if (is_place_before(before) || before == "to" || before == "into") return true;
    }
    return false;
  }

  // "Motorbikes and lorries need telling apart": two of the set's kind.
  bool are_told_apart(std::size_t at) const {
    const bool told = count_of("apart") > 0 || count_of("between") > 0;
    return told && could_be_class(tokens_[at - 1]) && could_be_class(tokens_[at + 1]);
  }

  // "And" of "between frogs and snakes", one of which is a class.
  bool is_between(std::size_t at) const {
    const auto first = with_article(at - 1);
    return first > 0 && tokens_[first - 1].word == "between" && (is_class_itself(at - 1) || named_[at + 1]);
  }

  // "Bracelets from necklaces" and no more.
  bool is_all_said(std::size_t first, std::size_t second) const {
    const auto strange = [&](std::size_t i) { return tokens_[i].tells && !is_of_whole(tokens_[i]); };
    return strange(first) && strange(second) && std::ranges::count_if(tokens_, &Token::tells) == 2;
  }

  static bool is_generic_plural(const Token& token) {
    return !token.number && !is_function_word(token.word) && is_generic_word(token.term.text) &&
           token.word.ends_with('s');
  }

  // "Hats" of "hats and scarves, which is which", where nothing else is named.
  std::optional<std::string> told_apart() const {
    const bool which = count_of("which") > 1 || count_of("apart") > 0 || count_of("between") > 0;
    if (subject_.numbered || !which) return std::nullopt;
    std::optional<std::string> first;
    for (const Token& token : tokens_) {
      if (!token.tells) continue;
      if (meanings_.closeness(token.term, subject_.keywords) >= kNearWhole) return std::nullopt;
      if (!first && could_be_class(token)) first = token.word;
    }
    return first;
  }

  // "Hats" of "hats here, scarves there", where none of the set's own words is said.
  std::optional<std::string> set_aside() const {
    const auto both = [&](const char* one, const char* other) { return count_of(one) > 0 && count_of(other) > 0; };
    const bool sides = both("here", "there") || both("left", "right") || both("one", "other") || both("one", "another");
    if (subject_.numbered || !sides || any(0, tokens_.size(), [&](std::size_t i) { return is_own_word(i); }))
      return std::nullopt;
    const auto first = std::ranges::find_if(tokens_, &Token::tells);
    return first == tokens_.end() ? std::nullopt : std::optional(first->word);
  }

  // "Scarves" of "gloves, hats and scarves", where nothing of the set is named: three things and more, in the plural or
  // to choose from; or as many as are told apart then, whatever is named: "those three".
  std::optional<std::string> listed() const {
    if (subject_.numbered || any(0, tokens_.size(), [&](std::size_t i) { return is_class_itself(i); }))
      return std::nullopt;
    const bool whole = any(0, tokens_.size(), [&](std::size_t i) { return is_of_whole(tokens_[i]) && !is_purpose(i); });
    const auto said = std::ranges::count_if(tokens_, &Token::tells);
    for (std::size_t last = 1; last < tokens_.size(); ++last) {
      if (!tokens_[last].tells) continue;
      const auto items = items_up_to(last);
      if (items.size() > 1 && are_strange_things(items) && are_counted(items.size())) return tokens_[last].word;
      if (whole) continue;
      // "Hats and scarves from the cloakroom".
      if (items.size() > 1 && std::ranges::all_of(items, [&](std::size_t i) {
            return is_sibling(i) && is_plural(tokens_[i].word) && !tokens_[i].place;
          }))
        return tokens_[last].word;
      if (last < 2) continue;
      const bool alone = (last + 1 == tokens_.size() || tokens_[last + 1].begins) &&
                         std::ranges::all_of(items, [&](std::size_t i) { return tokens_[i].begins; });
      const auto plurals = std::ranges::count_if(items, [&](std::size_t i) { return is_plural(tokens_[i].word); });
      const auto like = std::ranges::count_if(items, [&](std::size_t i) { return could_be_class(tokens_[i]); });
      const bool choice = tokens_[last - 1].word == "or" || (count_of("which") > 0 && alone);
      if (items.size() > 2 && (plurals > 1 || choice) && like > 0) return tokens_[last].word;
      // "Scarves and mittens" and no more.
      if (items.size() == 2 && said == 2 && plurals == 2 && like == 2) return tokens_[last].word;
    }
    return std::nullopt;
  }

  // "Those three" of three things.
  bool are_counted(std::size_t count) const {
    return any(1, tokens_.size(), [&](std::size_t i) {
      const auto& before = tokens_[i - 1].word;
      const bool ends = i + 1 == tokens_.size() || tokens_[i + 1].begins;
      return ends && number_of(tokens_[i].word) == static_cast<std::int64_t>(count) &&
             (before == "those" || before == "these" || before == "the");
    });
  }

  // "Elephants" of "cifar10 with elephants and giraffes only", "letters" of "mnist, just the letters": the set is named
  // and nothing of it is.
  std::optional<std::string> confined() const {
    if (any(0, tokens_.size(), [&](std::size_t i) { return is_class_itself(i); })) return std::nullopt;
    for (std::size_t last = 0; last < tokens_.size(); ++last) {
      if (!tokens_[last].tells || is_item_after(last, last + 1) || is_item_after(last, last + 2)) continue;
      const auto items = items_up_to(last);
      const bool named = items.size() > 1 && any(0, tokens_.size(), [&](std::size_t i) { return is_set_name(i); });
      if (are_strange_things(items, named) &&
          (is_confined_before(items.back()) || is_confined_after(items.back(), last) || is_taken_from_set(last)))
        return tokens_[last].word;
    }
    return std::nullopt;
  }

  // "Out of the CIFAR-10 pictures".
  bool is_taken_from_set(std::size_t last) const {
    for (auto i = last + 1; i < std::min(last + 1 + kNearList, tokens_.size()); ++i) {
      if (is_set_name(i)) return true;
      const auto& word = tokens_[i].word;
      if (word != "out" && word != "of" && word != "from" && word != "in" && word != "the") return false;
    }
    return false;
  }

  // "Just the", "restricted to"; but not "not just the".
  bool is_confined_before(std::size_t at) const {
    const auto first = with_article(at);
    if (first == 0 || tokens_[first].begins) return false;
    const auto& before = tokens_[first - 1].word;
    const bool denied = first > 1 && is_negation(tokens_[first - 2].word);
    if (before == "to")
      return any(first - std::min(first, kNearList), first,
                 [&](std::size_t i) { return is_confining(tokens_[i].word); });
    if (before == "but") return first > 1 && is_nothing(tokens_[first - 2].word);
    return is_restriction(before) && !is_nothing(before) && !denied;
  }

  // "With elephants only"; but not "for teachers only".
  bool is_confined_after(std::size_t at, std::size_t last) const {
    const auto first = with_article(at), next = last + 1;
    if (next >= tokens_.size() || tokens_[next].begins || !is_alone_after(tokens_[next].word)) return false;
    const auto end = next + 1;
    const bool ends = end == tokens_.size() || tokens_[end].begins || is_politeness(tokens_[end].word);
    return ends && (first == 0 || tokens_[first].begins || tokens_[first - 1].word == "with");
  }

  // "Samosa" of "samosa or kachori", where nothing of the set is named: no words of it, known or not.
  std::optional<std::string> strangers() const {
    if (any(0, tokens_.size(), [&](std::size_t i) {
          return is_keyword(tokens_[i].term) || (named_[i] && is_own_name(i)) || group_named(tokens_[i].term, subject_);
        }))
      return std::nullopt;
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      const auto& word = tokens_[i].word;
      if (word != "or" && !is_versus(word)) continue;
      const auto after = is_determiner(tokens_[i + 1].word) ? i + 2 : i + 1;
      if (is_strange(i - 1) && is_strange(after) && !tokens_[after].begins) return tokens_[i - 1].word;
    }
    return std::nullopt;
  }

  // "Necktie" of "necktie, scarf, cravat", "banana" of "banana wheelbarrow": nothing but things of which the set has
  // none.
  std::optional<std::string> bare_strangers() const {
    const auto bare = [&](std::size_t i) {
      const Token& token = tokens_[i];
      if (token.tells) return !is_own_word(i);
      return !token.number && (is_joint(token.word) || token.word == "or" || token.word == "of" || token.word == "on" ||
                               is_determiner(token.word));
    };
    if (subject_.numbered || std::ranges::count_if(tokens_, &Token::tells) < 2 ||
        any(0, tokens_.size(), [&](std::size_t i) { return !bare(i); }))
      return std::nullopt;
    return std::ranges::find_if(tokens_, &Token::tells)->word;
  }

  // "Glass" of "sort the recycling into glass, paper and plastic": kinds none of which the set has.
  std::optional<std::string> sorted_into() const {
    const auto said = [&](std::size_t i) { return (named_[i] && is_own_name(i)) || is_set_name(i); };
    if (any(0, tokens_.size(), said)) return std::nullopt;
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      if (tokens_[i].word != "into" ||
          !any(i - std::min(i, kLongestGap), i, [&](std::size_t at) { return is_sorting(tokens_[at].word); }))
        continue;
      std::size_t items = 1, at = i + 1;
      for (; at < tokens_.size() && !tokens_[at].breaks; ++at) {
        const Token& token = tokens_[at];
        const bool joint = is_joint(token.word) || token.word == "or";
        items += joint || (token.begins && !is_joint(tokens_[at - 1].word));
        if (!joint && !is_kind_of_its_own(at)) break;
      }
      const bool ends = at == tokens_.size() || tokens_[at].breaks;
      if (ends && items > 1) return tokens_[i + 1].word;
    }
    return std::nullopt;
  }

  bool is_kind_of_its_own(std::size_t at) const {
    const Token& token = tokens_[at];
    return !token.number && !token.left_out && !is_function_word(token.word) && !is_pile(token.word) &&
           !is_generic_word(token.term.text) && !is_numeral(token.term.text) && !is_own_word(at);
  }

  // Of the set, of a class or of several.
  bool is_own_word(std::size_t at) const {
    const Term& term = tokens_[at].term;
    return tokens_[at].tells &&
           (is_keyword(term) || is_described(term) || (named_[at] && is_own_name(at)) || group_named(term, subject_));
  }

  bool is_strange(std::size_t at) const {
    if (at >= tokens_.size() || tokens_[at].number || tokens_[at].place) return false;
    const auto& term = tokens_[at].term;
    return term.text.size() > 2 && !is_function_word(tokens_[at].word) && tells_something(term.text) &&
           !could_be_class(tokens_[at]);
  }

  // "For the haberdashery counter".
  bool is_purpose(std::size_t at) const {
    return any(at - std::min(at, kNearList), at, [&](std::size_t i) { return tokens_[i].word == "for"; });
  }

  bool is_class_itself(std::size_t at) const { return named_[at] && is_own_name(at); }

  // Of a list in the plural, which "deer" and "sheep" are, too.
  bool is_item(std::size_t at) const {
    return tokens_[at].word.ends_with('s') || is_class_itself(at) || is_sibling(at);
  }

  // "Terrier" beside "cat".
  bool is_kind_of_class(std::size_t at) const {
    return named_[at] && kinship(tokens_[at].term, subject_.genera, meanings_.taxonomy()).kind_of == named_[at];
  }

  bool is_sibling(std::size_t at) const {
    // But not "stray cats".
    const bool describes = at + 1 < tokens_.size() && !tokens_[at + 1].begins && named_[at + 1];
    return tokens_[at].tells && !describes && kinship(tokens_[at].term, subject_.genera, meanings_.taxonomy()).sibling;
  }

  // Beside one class it has to be close to them, and beside nearly all it is but another word.
  std::optional<std::size_t> stranger_of(const std::vector<std::size_t>& items) const {
    const auto is_class = [&](std::size_t i) { return is_class_itself(i); };
    const auto classes = static_cast<std::size_t>(std::ranges::count_if(items, is_class));
    if (classes == 0 || 5 * classes >= 4 * subject_.classes.size()) return std::nullopt;
    const auto stranger = std::ranges::find_if(items, [&](std::size_t i) {
      const auto like = class_named(tokens_[i], subject_, meanings_);
      if (is_class(i) || !is_thing(i)) return false;
      // "Zebras" beside horses.
      if (like) return std::ranges::any_of(items, [&](std::size_t at) { return is_class(at) && named_[at] == like; });
      if (classes == 1) return could_be_class(tokens_[i], kNearClass);
      return i != items.back() || could_be_class(tokens_[i]);
    });
    return stranger == items.end() ? std::nullopt : std::optional(*stranger);
  }

  // Neither of the whole set nor of several classes.
  bool is_thing(std::size_t at) const {
    const Token& token = tokens_[at];
    // "Sandals, res net", "birds, and details do not matter".
    if (at + 1 < tokens_.size() && !tokens_[at + 1].begins &&
        (is_maker(tokens_[at + 1].word) || is_asking(tokens_[at + 1].word)))
      return false;
    return !is_of_whole(token) && !is_described(token.term) && !group_named(token.term, subject_) && !token.place;
  }

  bool is_item_after(std::size_t before, std::size_t at) const {
    return at < tokens_.size() && tokens_[at].tells && is_item(at) && item_before(at) == before;
  }

  // But for an article.
  bool is_beside(std::size_t first, std::size_t second) const {
    return second == first + 1 ||
           (second == first + 2 &&
            (tokens_[first + 1].word == "a" || tokens_[first + 1].word == "an" || tokens_[first + 1].word == "the"));
  }
};

}  // namespace

std::optional<std::string> find_stranger(const NamedTokens& tokens, bool alone) {
  return StrangerReader(tokens).find(alone);
}

std::optional<std::string> stranger_among_classes(const NamedTokens& tokens) {
  return StrangerReader(tokens).stranger_listed();
}

}  // namespace weightloom
