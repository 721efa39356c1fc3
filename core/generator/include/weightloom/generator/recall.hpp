#pragma once
// From words to what a generator remembers: an instruction is read, and the example images of what it names stand in
// for those of a request.

#include "weightloom/generator/generator.hpp"
#include "weightloom/language/reading.hpp"
#include "weightloom/language/word_vectors.hpp"

namespace weightloom {

// Of what the generator remembers, and of all data sets that are known by name: those that it has not learned from are
// there to be recognised, so that the nearest one is not taken for them.
std::vector<Card> known_cards(const Generator& generator);

// What `instruction` is about, among the known cards. Throws what
// read_instruction() does, and kUsage "recall.unknown" where it is about one that the generator has not learned from,
// "recall.nothing" where it remembers none.
Reading recall(const Generator& generator, const std::string& instruction, const WordVectors& words);

// Does the request say what it is for in words alone? Then its data has to be recalled before there are examples.
bool is_words_alone(const Request& request);
// The same with the data that was read, of which all that is remembered is shown.
Request with_recalled(Request request, const Reading& reading);

// Request::beside for a request with data whose classes are called `names`, in order, and an instruction that is about
// what the generator remembers: as many of these classes, found by their names. Empty where the instruction says
// nothing of what is remembered, or the classes are others.
std::string recall_beside(const Generator& generator, const Request& request, const std::vector<std::string>& names,
                          const WordVectors& words);

}  // namespace weightloom
