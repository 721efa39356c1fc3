#include "quantities.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "architecture_kinds.hpp"
#include "characters.hpp"
#include "vocabulary.hpp"

namespace weightloom {
namespace {

bool is_counted(const Token& token) {
  return !token.number && !is_aside(token.word) && !is_more(token.word) && !is_less(token.word) &&
         !is_telling_apart(token.word) && token.word != "alone" && !is_detector(token.word) &&
         !is_contrast(token.word) && !is_negation(token.word) && !is_function_word(token.word) &&
         !is_function_word(token.term.text);
}

class Quantities {
 public:
  explicit Quantities(std::vector<Token>& tokens) : tokens_(tokens) {}

  // "Bin A", "tray B".
  void drop_letters_of_places() {
    for (std::size_t i = 1; i < tokens_.size(); ++i)
      if (!tokens_[i].begins && tokens_[i].word.size() == 1 && is_letter(tokens_[i].word[0]) &&
          is_pile(tokens_[i - 1].word) && !is_plural(tokens_[i - 1].word))
        tokens_[i].tells = tokens_[i - 1].tells = false;
  }

  // "Auto" is a car in a list of vehicles, and nothing in "auto tag".
  void drop_prefixes() {
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
      if (tokens_[i].word == "auto" && !tokens_[i + 1].begins && is_counted(tokens_[i + 1])) tokens_[i].tells = false;
  }

  // "The number of visitors" is no number that one sees, "a pair of trousers" says no more than trousers; nor is what
  // one figures out.
  void drop_amounts() {
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
      if ((tokens_[i].term.text == "number" && tokens_[i + 1].word == "of") ||
          (tokens_[i].word == "pair" && tokens_[i + 1].word == "of") ||
          (tokens_[i].term.text == "figure" && tokens_[i + 1].word == "out"))
        tokens_[i].tells = false;
  }

  // "Three kinds of shoes" is not about threes, nor are "small ones" about ones; "which one" is not unless other
  // numbers are. Of "3, 5 and 8 scribbles" the last is a number like the others.
  void drop_quantities() {
    const auto numbers = std::ranges::count_if(
        tokens_, [](const Token& token) { return token.number || token.word == "nought" || token.word == "naught"; });
    const auto ones = std::ranges::count(tokens_, "one", &Token::word);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      if (!token.number) continue;
      const bool more = i + 1 < tokens_.size() && !tokens_[i + 1].begins;
      // "Zeros versus handwritten ones", too.
      const bool described = i > 2 && !token.begins && is_scribing(tokens_[i - 1].term.text);
      const auto listed = number_before(described && !number_before(i) ? i - 1 : i);
      bool drops = false;
      if (token.word == "ones") {
        const bool joined =
            more && (is_contrast(tokens_[i + 1].word) || tokens_[i + 1].word == "and" || tokens_[i + 1].word == "n");
        drops = i > 0 && !token.begins && !joined && !listed &&
                ((is_counted(tokens_[i - 1]) && !names_ones(i)) || is_pointed_at(i));
      } else if (!is_plural(token.word)) {
        const bool generic = more && is_generic_word(tokens_[i + 1].term.text);
        // "Is a", "a 2 means".
        const bool said = i > 0 && tokens_[i - 1].word == "a" &&
                          ((i > 1 && is_being(tokens_[i - 2].word)) ||
                           (more && is_plural(tokens_[i + 1].word) && !is_network_part(tokens_[i + 1].word)));
        // "Subset 2, 5, 7 cnn".
        const bool parts = i + 2 < tokens_.size() && is_network_part(tokens_[i + 2].word);
        const bool networks = listed && more && !parts && !is_plural(tokens_[i + 1].word) &&
                              (is_kind_of_network(tokens_[i + 1].word) || is_maker(tokens_[i + 1].word));
        // "Zero and eight look alike".
        // "4 one heap, 9 another heap", "one from another".
        const bool pile = token.word == "one" && more &&
                          ((is_pile(tokens_[i + 1].word) && !is_plural(tokens_[i + 1].word)) ||
                           (tokens_[i + 1].word == "from" && i + 2 < tokens_.size() &&
                            (tokens_[i + 2].word == "another" || tokens_[i + 2].word == "other")));
        const bool shows = listed && more && is_showing(tokens_[i + 1].word) && !is_plural(tokens_[i + 1].word);
        drops = (more && !said && !shows && is_counted(tokens_[i + 1]) && (generic || !listed) && !networks) || pile ||
                (token.word == "one" && (numbers == ones || is_pronoun(i))) ||
                (i > 0 && !token.begins && is_numbered_place(tokens_[i - 1].word)) ||
                (i > 0 && !token.begins && is_pile(tokens_[i - 1].word) && !is_plural(tokens_[i - 1].word));
        if (drops && generic && listed && !token.begins && !is_plural(tokens_[*listed].word))
          tokens_[*listed].tells = tokens_[*listed].number = false;
      }
      // "Which of the three", "those two apart".
      if (i > 0 && !is_plural(token.word) && is_letter(token.word[0])) {
        const auto& before = tokens_[i - 1].word;
        const bool ends = i + 1 == tokens_.size() || tokens_[i + 1].begins || is_telling_apart(tokens_[i + 1].word) ||
                          is_politeness(tokens_[i + 1].word) || is_pointing(tokens_[i + 1].word) || are_several(i + 1);
        if ((before == "the" && i > 1 && tokens_[i - 2].word == "of") || before == "other" || before == "remaining" ||
            (ends && (before == "the" || before == "these" || before == "those" || before == "them")))
          drops = true;
      }
      // "The nine other classes".
      if (more && !is_plural(token.word) &&
          (tokens_[i + 1].word == "other" || tokens_[i + 1].word == "others" || tokens_[i + 1].word == "remaining"))
        drops = true;
      drops = drops || is_of_setting(i) || is_told_from_all(i) || is_out_of(i) || is_code(i) || is_amount_again(i) ||
              is_each(i);
      if (drops) token.tells = token.number = false;
      if (drops && more && is_counted(tokens_[i + 1])) token.left_out = false;
    }
  }

 private:
  // "One versus rest", "1 vs all".
  bool is_told_from_all(std::size_t at) const {
    if (at + 2 >= tokens_.size() || (tokens_[at].word != "one" && tokens_[at].word != "1")) return false;
    const auto& last =
        tokens_[at + 2].word == "the" && at + 3 < tokens_.size() ? tokens_[at + 3].word : tokens_[at + 2].word;
    return is_contrast(tokens_[at + 1].word) && (last == "all" || is_rest_of_all(last));
  }

  // Both numbers of "one of three", "two out of ten", but not "one of three and five"; "six of them".
  bool is_out_of(std::size_t at) const {
    const auto word = [&](std::size_t i) { return i < tokens_.size() ? tokens_[i].word : std::string(); };
    const auto is_single = [&](std::size_t i) { return number_of(word(i)) && !is_plural(word(i)); };
    const auto is_last = [&](std::size_t i) {
      if (!is_single(i) || tokens_[i].begins) return false;
      const bool listed = is_joint(word(i + 1)) || is_contrast(word(i + 1)) || is_range(word(i + 1));
      const auto next = listed ? i + 2 : i + 1;
      return next >= tokens_.size() || !tokens_[next].number;
    };
    if (!is_single(at)) return false;
    if (word(at + 1) == "of" && (is_last(at + 2) || word(at + 2) == "them")) return true;
    if (word(at + 1) == "out" && word(at + 2) == "of" && is_last(at + 3)) return true;
    if (at < 2 || word(at - 1) != "of" || !is_last(at)) return false;
    const auto before = word(at - 2);
    return is_single(at - 2) || before == "out" || before == "which" || before == "any";
  }

  // "If it is a cat then 1 else 0", "cats as 1, all others as 0".
  bool is_code(std::size_t at) const {
    const auto& word = tokens_[at].word;
    const auto before = at > 0 ? tokens_[at - 1].word : std::string();
    if ((word != "0" && word != "1") || asks_for_two_digits()) return false;
    if (before == "then" || before == "else" || before == "otherwise" || before == "return" ||
        (at + 1 < tokens_.size() && tokens_[at + 1].word == "if"))
      return true;
    for (std::size_t i = 0; i < tokens_.size() && stands_for_answer(at); ++i)
      if (tokens_[i].word == (word == "0" ? "1" : "0") && stands_for_answer(i)) return true;
    return false;
  }

  // "Which of these two digits".
  bool asks_for_two_digits() const {
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
      if ((tokens_[i].word == "two" || tokens_[i].word == "2") && is_numeral(tokens_[i + 1].term.text)) return true;
    return false;
  }

  // "Handwritten ones here, every other digit there", "ones that look like his sevens": with nothing before it that
  // "ones" could stand for.
  bool names_ones(std::size_t at) const {
    for (std::size_t i = 0; i < at; ++i)
      if ((tokens_[i].breaks && i > 0) || is_numeral(tokens_[i].term.text) || is_picture(tokens_[i].word)) return false;
    for (auto i = at + 1; i < tokens_.size() && !tokens_[i].breaks; ++i)
      if (tokens_[i].number && is_plural(tokens_[i].word) && tokens_[i].word != "ones") return true;
    for (auto i = at + 1; i + 1 < tokens_.size(); ++i)
      if (tokens_[i].word == "other" &&
          (is_numeral(tokens_[i + 1].term.text) || (i + 2 < tokens_.size() && is_numeral(tokens_[i + 2].term.text))))
        return true;
    return false;
  }

  // "The seven that are left".
  bool are_several(std::size_t at) const {
    const auto& next = at + 1 < tokens_.size() ? tokens_[at + 1].word : tokens_[at].word;
    return (tokens_[at].word == "that" || tokens_[at].word == "which") && (next == "are" || next == "remain");
  }

  // "You know the ones", where nothing else is said.
  bool is_pointed_at(std::size_t at) const {
    const auto& before = tokens_[at - 1].word;
    return (before == "the" || before == "these" || before == "those" || before == "which") &&
           std::ranges::count_if(tokens_, &Token::tells) == 1;
  }

  // "6" of "cars pay 2 quid, trucks 6".
  bool is_amount_again(std::size_t at) const {
    const bool ends = at + 1 == tokens_.size() || tokens_[at + 1].begins;
    if (at == 0 || !ends || tokens_[at].begins || !is_digit(tokens_[at].word[0])) return false;
    const Token& thing = tokens_[at - 1];
    if (!thing.tells || !is_plural(thing.word) || is_numeral(thing.term.text)) return false;
    for (auto i = at - 1; i > 0 && !tokens_[i].breaks; --i) {
      const Token& amount = tokens_[i - 1];
      const bool counts = is_digit(amount.word[0]) && !amount.number && !amount.label && !tokens_[i].begins;
      if (counts && is_counted(tokens_[i]) && !is_network_part(tokens_[i].word)) return true;
    }
    return false;
  }

  // "As 1", "output 0", "1 for cats".
  bool stands_for_answer(std::size_t at) const {
    if (at + 1 < tokens_.size() && !tokens_[at + 1].begins && tokens_[at + 1].word == "for") return true;
    if (at == 0 || tokens_[at].begins) return false;
    const auto& before = tokens_[at - 1].word;
    return before == "as" || before == "say" || before == "label" || is_telling_result(before);
  }

  // "Depth 8", "width of 64".
  bool is_of_setting(std::size_t at) const {
    auto before = at;
    while (before > 0 && !tokens_[before].begins && is_saying(tokens_[before - 1].word)) --before;
    return before > 0 && is_setting(tokens_[before - 1].word) && !(tokens_[at].begins && !tokens_[at].breaks);
  }

  // "Two chutes, one for ..., one for ...", "one tray ..., one for".
  bool is_each(std::size_t at) const {
    const auto is_one_for = [&](std::size_t i) {
      return i + 1 < tokens_.size() && tokens_[i].word == "one" &&
             (tokens_[i + 1].word == "for" || is_pile(tokens_[i + 1].word));
    };
    for (std::size_t i = 0; is_one_for(at) && i < tokens_.size(); ++i)
      if (i != at && is_one_for(i)) return true;
    return false;
  }

  // "Which one?", "what each one is", "a convolutional one", "any one of", "from one another".
  bool is_pronoun(std::size_t at) const {
    if (at == 0 || tokens_[at].begins) return false;
    const bool ends = at + 1 == tokens_.size() || tokens_[at + 1].begins || is_being(tokens_[at + 1].word);
    if (!ends && (tokens_[at + 1].word == "of" || tokens_[at + 1].word == "another")) return true;
    const auto& before = tokens_[at - 1].word;
    return ends &&
           (before == "which" || before == "that" || before == "this" || before == "each" || before == "every" ||
            before == "last" || before == "first" || is_generic_word(tokens_[at - 1].term.text));
  }

  // The number that a list has before the one at a place: of "3 or 4", "3, 4", "3 up to 4".
  std::optional<std::size_t> number_before(std::size_t at) const {
    if (at > 0 && tokens_[at].begins && !tokens_[at].breaks && tokens_[at - 1].number) return at - 1;
    if (at > 0 && !tokens_[at].begins && tokens_[at - 1].number) return at - 1;
    if (at < 2) return std::nullopt;
    const auto& between = tokens_[at - 1].word;
    const bool joined = is_contrast(between) || is_range(between) || between == "and" || between == "n";
    if (joined && tokens_[at - 2].number) return at - 2;
    if (is_range(between) && at > 2 && tokens_[at - 2].word == "up" && tokens_[at - 3].number) return at - 3;
    return std::nullopt;
  }

  std::vector<Token>& tokens_;
};

}  // namespace

void drop_quantities(std::vector<Token>& tokens) {
  Quantities reader(tokens);
  reader.drop_quantities();
  reader.drop_amounts();
  reader.drop_prefixes();
  reader.drop_letters_of_places();
}

}  // namespace weightloom
