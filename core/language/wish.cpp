#include "wish.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "vocabulary.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

constexpr std::string_view kEndsOfClauses = ".:;!?,\n";

// "What I meant to ask for", "all we want", "what I'd like".
bool announces(const std::vector<std::string>& words) {
  if (words.size() < 2 || words.size() > 7 || (words[0] != "what" && words[0] != "all")) return false;
  const bool who = is_wanting(words[1]) || words[1] == "i'd" || words[1] == "we'd";
  return who && std::all_of(words.begin() + 2, words.end(), is_wishing);
}

// The words of a clause up to where its verb "is" begins what is wanted, or to its end; and where that is.
struct Announcement {
  std::vector<std::string> words;
  std::size_t end;
};

Announcement announcement_in(std::string_view text, std::size_t begin, std::size_t end) {
  const auto is = text.substr(begin, end - begin).find(" is ");
  if (is != std::string_view::npos) return {split_words(text.substr(begin, is)), begin + is + 4};
  return {split_words(text.substr(begin, end - begin)), std::min(end + 1, text.size())};
}

}  // namespace

Wish announced_wish(std::string_view instruction) {
  Wish wish;
  for (std::size_t begin = 0; begin < instruction.size();) {
    const auto end = std::min(instruction.find_first_of(kEndsOfClauses, begin), instruction.size());
    const auto [words, wanted] = announcement_in(instruction, begin, end);
    if (begin > 0 && announces(words)) {
      const bool meant = std::ranges::find(words, "meant") != words.end();
      wish = {instruction.substr(wanted), meant};
    }
    begin = end + 1;
  }
  return wish;
}

}  // namespace weightloom
