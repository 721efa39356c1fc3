#include "weightloom/base/text.hpp"

#include <catch2/catch.hpp>

using namespace weightloom;

TEST_CASE("a well-formed UTF-8 sequence has its length, and a broken one has none") {
  CHECK(utf8_length("a") == 1);
  CHECK(utf8_length("é") == 2);
  CHECK(utf8_length("…x") == 3);
  CHECK(utf8_length("\U0001F600") == 4);
  CHECK(utf8_length("\xF4\x8F\xBF\xBF") == 4);  // U+10FFFF
  CHECK(utf8_length(std::string_view("\0", 1)) == 1);
  const auto broken = GENERATE("", "\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80",
                               "\xE2\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF");
  CAPTURE(broken);
  CHECK(utf8_length(broken) == 0);
}

TEST_CASE("the first byte that is not UTF-8 is found") {
  CHECK(find_bad_utf8("größe") == std::string_view::npos);
  CHECK(find_bad_utf8("") == std::string_view::npos);
  CHECK(find_bad_utf8("gr\xC3\xB6\xDF"
                      "e") == 4);
  CHECK(find_bad_utf8("cut \xE2\x80") == 4);
}

TEST_CASE("control characters are shown, each by its own escape") {
  CHECK(printable("\x1b]0;owned\x07") == "\\x1b]0;owned\\x07");
  CHECK(printable("a\r\n\tb") == "a\\r\\n\\tb");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\x7f") == "\\x7f");
  CHECK(printable("\u0085\u009b2K") == "\\u0085\\u009b2K");
}

TEST_CASE("controls of the direction of writing are shown, and right-to-left letters stay") {
  CHECK(printable("\u061c\u200e\u200f") == "\\u061c\\u200e\\u200f");
  CHECK(printable("cod\u202etxt.exe\u202c") == "cod\\u202etxt.exe\\u202c");
  CHECK(printable("\u2066\u2069") == "\\u2066\\u2069");
  CHECK(printable("שלום") == "שלום");
}

TEST_CASE("the neighbours of what is escaped stay as they are") {
  const auto text = GENERATE(" ~", "\u00a0", "\u200d", "\u2010", "\u2029", "\u2030", "\u2065", "\u206a", "\\x1b",
                             "größe … \U0001F600");
  CAPTURE(text);
  CHECK(printable(text) == text);
  CHECK(is_printable(text));
}

TEST_CASE("bytes that are not UTF-8 are shown, and the text after them is not lost") {
  CHECK(printable("mod\xe8les") == "mod\\xe8les");
  CHECK(printable("\xE2\x80 cut") == "\\xe2\\x80 cut");
  CHECK(printable("\x9b"
                  "2K") == "\\x9b2K");
}

TEST_CASE("text of several lines keeps its line breaks and nothing else") {
  CHECK(printable_lines("one\n\x1b[A\ttwo\n") == "one\n\\x1b[A\\ttwo\n");
  CHECK(printable_lines("one\ntwo\n", "  ") == "one\n  two\n");
  CHECK(printable_lines("") == "");
}

TEST_CASE("what printable() would change is not printable") {
  const auto text = GENERATE("a\n", "\x7f", "\u009b", "\u202e", "\xff");
  CHECK_FALSE(is_printable(text));
  CHECK(is_printable(printable(text)));
}

TEST_CASE("width counts characters, not bytes, and cutting splits none") {
  CHECK(display_width("größe…") == 6);
  CHECK(cut_to_width("größe der Welt", 6) == "größe…");
  CHECK(cut_to_width("größe", 5) == "größe");
  CHECK(cut_to_width("größe", 1) == "…");
  CHECK(cut_to_width("größe", 0) == "");
}
