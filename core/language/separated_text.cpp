#include "separated_text.hpp"

#include <algorithm>

#include "characters.hpp"
#include "vocabulary.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

// With all arrows as "=": "sandal -> 1".
std::string without_arrows(std::string text) {
  for (const std::string_view arrow : {"->", "=>", "\xe2\x86\x92"})
    for (auto at = text.find(arrow); at != std::string::npos; at = text.find(arrow, at))
      text = text.substr(0, at) + '=' + text.substr(at + arrow.size());
  return text;
}

// Whether the text codes its answers: "sandal = 1, any other garment = 0".
bool has_codes(std::string_view text) {
  const auto codes = [&](char digit) {
    for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1))
      if (const auto next = text.find_first_not_of(' ', at + 1); next != std::string_view::npos && text[next] == digit)
        return true;
    return false;
  };
  return codes('0') && codes('1');
}

// Of "budgie's a bird": where the word ends that "is" is short for, but not of "it's a".
bool is_short_is(std::string_view text, std::size_t at) {
  if (text.substr(at, 5) != "'s a " && text.substr(at, 6) != "'s an ") return false;
  const auto begin = text.substr(0, at).find_last_of(' ') + 1;
  const auto words = split_words(text.substr(begin, at + 2 - begin));
  return words.size() == 1 && !is_function_word(words.front());
}

// "Shirts vs. coats" is one sentence.
bool ends_versus(std::string_view text, std::size_t dot) {
  const auto begin = text.substr(0, dot).find_last_of(' ') + 1;
  const auto words = split_words(text.substr(begin, dot - begin));
  return dot + 1 < text.size() && text[dot + 1] == ' ' && words.size() == 1 && is_versus(words.front());
}

// "2-5-7" lists digits; the hyphen at a place is one of several.
bool is_in_chain(std::string_view text, std::size_t hyphen) {
  const auto digit = [&](std::size_t at) { return at < text.size() && is_digit(text[at]); };
  const auto joins = [&](std::size_t at) {
    return at < text.size() && text[at] == '-' && digit(at + 1) && !digit(at + 2) && at > 0 && digit(at - 1) &&
           (at == 1 || !digit(at - 2));
  };
  return joins(hyphen) && (joins(hyphen + 2) || (hyphen > 1 && joins(hyphen - 2)));
}

// "Purpose: garments / model: resnet": its slashes part what is filled in.
bool is_form(std::string_view text) {
  std::size_t filled = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(" / ", begin), text.size());
    if (text.substr(begin, end - begin).find(':') != std::string_view::npos) ++filled;
    begin = end + 3;
  }
  return filled > 1;
}

// Where the number of an item ends that begins at a place: "(2) ", "2) ", "2. "; 0 where it does not.
std::size_t end_of_item_number(std::string_view text, std::size_t at, std::size_t number) {
  const bool open = text[at] == '(';
  const auto digits = std::to_string(number);
  if (text.substr(at + (open ? 1 : 0), digits.size()) != digits) return 0;
  const auto sign = at + (open ? 1 : 0) + digits.size();
  if (sign + 1 >= text.size() || text[sign + 1] != ' ') return 0;
  if (text[sign] != ')' && (open || text[sign] != '.')) return 0;
  const auto next = text.find_first_not_of(' ', sign + 1);
  return next != std::string_view::npos && is_letter(text[next]) ? sign + 1 : 0;
}

// Of the first item: at the beginning, or where a clause ends.
bool may_begin_list(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at).find_last_not_of(' ');
  return before == std::string_view::npos || std::string_view(":;,.!?\n").find(text[before]) != std::string_view::npos;
}

}  // namespace

std::string without_numbering(std::string_view text) {
  std::string out;
  std::size_t number = 1, copied = 0, least = 3;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto end = i > 0 && text[i - 1] != ' ' && text[i - 1] != '\n' ? 0 : end_of_item_number(text, i, number);
    if (end == 0) continue;
    if (number == 1 && may_begin_list(text, i)) least = 2;
    out += std::string(text.substr(copied, i - copied)) + ';';
    copied = end;
    ++number;
  }
  return number > least ? out + std::string(text.substr(copied)) : std::string(text);
}

std::string separated(std::string_view raw) {
  const std::string plain = without_arrows(std::string(raw));
  const std::string_view text = plain;
  std::string out;
  const bool coded = has_codes(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return at < text.size() && is_digit(text[at]); };
    const auto space = [&](std::size_t at) { return at >= text.size() || text[at] == ' '; };
    const bool after_digit = i > 0 && digit(i - 1);
    const auto dash = text.substr(i, 3);
    const auto dots = after_digit ? text.find_first_not_of('.', i) - i : 0;
    if (text[i] == '[' && space(i - 1) && i + 1 < text.size() && is_letter(text[i + 1])) {
      out += '(';
    } else if (text[i] == ']' && !after_digit) {
      out += ')';
    } else if (text[i] == '-' && after_digit && digit(i + 1)) {
      out += is_in_chain(text, i) ? "," : " to ";
    } else if ((dots == 2 || dots == 3) && digit(i + dots)) {
      out += " to ";
      i += dots - 1;
    } else if (text.substr(i, 3) == " - " && after_digit && digit(i + 3)) {
      out += " to ";
      i += 2;
    } else if (text[i] == ',' && after_digit && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4)) {
      continue;
    } else if (dots == 1 && digit(i + 1)) {
      out += 'x';  // one word, and no number that is counted here
    } else if (coded && text[i] == '=') {
      out += " is ";
      while (i + 1 < text.size() && (text[i + 1] == ' ' || digit(i + 1))) ++i;
    } else if (text[i] == '\'' && is_short_is(text, i)) {
      out += " is";
      ++i;
    } else if (text[i] == '-' && i > 0 && space(i - 1) && space(i + 1)) {
      out += ':';
    } else if (dash == "\xe2\x80\x93" || dash == "\xe2\x80\x94") {  // en and em dash
      out += after_digit && digit(i + 3) ? " to " : ":";
      i += 2;
    } else if (text[i] == '.' && ends_versus(text, i)) {
      out += ' ';
    } else if (text[i] == '|') {
      out += i > 0 && !space(i - 1) && !space(i + 1) ? " or " : ",";
    } else if (text.substr(i, 4) == "no. " && (i == 0 || space(i - 1)) && digit(i + 4)) {
      out += "number";
      i += 2;
    } else if (text.substr(i, 4) == "e.g.") {
      out += "eg";
      i += 3;
    } else if (dash == "..." || dash == "\xe2\x80\xa6") {  // and the sign of one
      const auto next = text.find_first_not_of('.', i + 3);
      const bool goes_on = next != std::string_view::npos && (is_letter(text[next]) || text[next] == ' ');
      const bool ends = text.find_first_not_of(' ', std::min(next, text.size())) == std::string_view::npos;
      out += goes_on && !ends && !space(i - 1) ? "." : " etc ";
      i += 2;
    } else if (text.substr(i, 4) == "non-" && (i == 0 || space(i - 1))) {
      out += "non ";
      i += 3;
    } else if (text.substr(i, 7) == "nonzero" && (i == 0 || space(i - 1))) {
      out += "non ";
      i += 2;
    } else if (text[i] == '-' && (text.substr(i, 8) == "-quality" || text.substr(i, 9) == "-accuracy")) {
      out += ' ';
    } else if (text[i] == '/' && i > 0 && text[i - 1] == 'w' && (i == 1 || space(i - 2))) {
      const bool without = i + 1 < text.size() && text[i + 1] == 'o' && space(i + 2);
      out += without ? "ithout" : "ith ";
      i += without ? 1 : 0;
    } else if (text[i] == '/' && i > 0 && space(i - 1) && space(i + 1) && is_form(text)) {
      out += '.';
    } else if (text[i] == '/') {
      const bool number = (i > 1 && after_digit && digit(i - 2)) || (digit(i + 1) && digit(i + 2));
      out += number ? " / " : " or ";
    } else if (text[i] == '+' && after_digit && space(i + 1)) {
      out += " upwards";
    } else if (text[i] == '&' || (text[i] == '+' && i > 0 && space(i - 1))) {
      out += " and ";
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace weightloom
