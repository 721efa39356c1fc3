#include "looks.hpp"

#include <algorithm>
#include <string>

#include "characters.hpp"
#include "vocabulary.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

class Looks {
 public:
  Looks(const Sentence& sentence, const Subjects& subject)
      : tokens_(sentence.tokens()), card_(*subject.card), described_(split_words(card_.description)) {}

  // Signs that no other set has, and that of its size beside them.
  int signs() const {
    const int own = has([&](std::size_t i) { return says_colour(i); }) +
                    has([&](std::size_t i) { return says_form(i); }) +
                    has([&](std::size_t i) { return denies_other(i); });
    return own == 0 ? 0 : own + has([&](std::size_t i) { return counts_classes(i); });
  }

 private:
  template <class Is>
  bool has(const Is& is) const {
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (is(i)) return true;
    return false;
  }

  const std::string& word(std::size_t at) const {
    static const std::string none;
    return at < tokens_.size() ? tokens_[at].word : none;
  }

  bool says_colour(std::size_t at) const {
    return is_coloured(word(at)) && is_picture(word(at + 1)) && std::ranges::any_of(described_, is_coloured);
  }

  // "32x32", "32 by 32".
  bool says_form(std::size_t at) const {
    const auto& between = word(at + 1);
    const auto form = between == "x" || between == "by" ? word(at) + 'x' + word(at + 2) : word(at);
    return is_digit(word(at)[0]) && std::ranges::find(described_, form) != described_.end();
  }

  // "Ten sorts of".
  bool counts_classes(std::size_t at) const {
    return number_of(word(at)) == static_cast<std::int64_t>(card_.classes.size()) &&
           (is_question_for_kind(word(at + 1)) || word(at + 1) == "way");
  }

  // "Not cifar100", of a set that is called so but for its number.
  bool denies_other(std::size_t at) const {
    const auto stem = card_.name.substr(0, card_.name.find_first_of("0123456789"));
    return tokens_[at].left_out && is_other_data_set(tokens_[at].term.text) && stem.size() < card_.name.size() &&
           tokens_[at].term.text.starts_with(stem);
  }

  const std::vector<Token>& tokens_;
  const Card& card_;
  std::vector<std::string> described_;
};

}  // namespace

const Subjects* subject_by_looks(const Sentence& sentence, const std::vector<Subjects>& subjects) {
  const Subjects* found = nullptr;
  for (const Subjects& subject : subjects) {
    const int signs = Looks(sentence, subject).signs();
    if (signs > 0 && found) return nullptr;
    if (signs > 0) found = &subject;
  }
  return found && Looks(sentence, *found).signs() > 1 ? found : nullptr;
}

}  // namespace weightloom
