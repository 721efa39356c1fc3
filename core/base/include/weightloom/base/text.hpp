#pragma once
// Text from files and users: is it what it should be, and how is it shown? Pure functions. [any-thread]

#include <cstddef>
#include <string>
#include <string_view>

namespace weightloom {

// Bytes of the well-formed UTF-8 sequence that `text` begins with (Unicode 15, table 3-7: no overlong forms, no
// surrogates); 0 when there is none.
std::size_t utf8_length(std::string_view text);
// The index of the first byte that is not UTF-8; npos when all of it is.
std::size_t find_bad_utf8(std::string_view text);

// `text` with everything that could steer a terminal or hide in it made visible: line breaks and tabs as \n \r \t,
// other control characters below U+0080 as \x1b, those above it and the bidirectional controls (Unicode's Bidi_Control)
// as \u202e, a byte that is not UTF-8 as \xff. The rest, a backslash too, stays as it is; the result is one line of
// UTF-8.
std::string printable(std::string_view text);
// The same for text of several lines: line breaks stay, and `indent` stands before each further line.
std::string printable_lines(std::string_view text, std::string_view indent = {});
// Is it UTF-8 in which printable() has nothing to change?
bool is_printable(std::string_view text);

// Columns of a terminal that UTF-8 takes: one a code point; combining and wide characters are not told apart.
std::size_t display_width(std::string_view text);
// At most `width` columns of it, ending in an ellipsis when something was cut.
std::string cut_to_width(std::string_view text, std::size_t width);

}  // namespace weightloom
