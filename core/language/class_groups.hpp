#pragma once
// Which groups of a data set's classes an instruction names: "only the animals", "footwear", "vehicles but no ships".

#include <cstdint>
#include <vector>

#include "class_list.hpp"
#include "sentence.hpp"

namespace weightloom {

// The classes that are meant where groups are named and `list` of the same sentence has none that are told apart; empty
// where the whole set is meant, or no group. `all` where the sentence counts all classes: "the usual ten".
std::vector<std::int64_t> classes_of_groups(const Sentence& sentence, const Subjects& subject, const Meanings& meanings,
                                            const ClassList& list, bool all);

}  // namespace weightloom
