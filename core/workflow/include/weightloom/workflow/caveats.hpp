#pragma once
// What a generator knows less of than of what it was trained on.

#include <string>
#include <vector>

#include "weightloom/generator/generator.hpp"

namespace weightloom {

// Does the generator know weights of this architecture? What it writes for another one would mean nothing.
bool is_known(const Tokenizer& tokenizer, const NetworkDescription& description, const std::string& family);

// One sentence for each respect in which the network is outside of what generator and tokenizer were trained on: no
// anchor, sizes beyond the anchor's ranges, another form of images. Says which start is used, and what would help.
std::vector<std::string> caveats(const Tokenizer& tokenizer, const NetworkDescription& description,
                                 const std::string& family);

}  // namespace weightloom
