#pragma once
// What an instruction in words is about: which data set, or which of its classes. No LibTorch.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/language/card.hpp"
#include "weightloom/language/word_vectors.hpp"

namespace weightloom {

struct Reading {
  std::string source;  // the card's name
  std::vector<std::int64_t>
      classes;           // numbers of those that are told apart, in the order of the instruction; empty: all
  bool rest = false;     // the one of `classes` is told from all others together
  double certainty = 0;  // 0 .. 1: how much of what the words say the card accounts for
  std::vector<std::string> because;  // words of the instruction that decided, the strongest first
  std::vector<std::string> unknown;  // words that nothing is known of, to be shown: printable, long ones cut
  // As a DataSpec: "mnist[3,8]", "mnist[7,rest]".
  std::string data() const;
  // How many are told apart, of a data set of `all` classes.
  std::size_t class_count(std::size_t all) const;
};

// Compares the words with every card, and with subjects that no card is of. A word counts by its rarity, and by its
// closeness to the nearest word of a card: same words, base forms and misspelt words of cards need no vectors. Throws
// kUsage, each with what would help: "instruction.nothing" where no word says what the pictures show;
// "instruction.unclear" where no card accounts for the words, two do about alike, or the words are about something
// else; "instruction.sets" where they set classes of two cards against each other; "instruction.task" where they ask
// for something else than what a picture shows; "instruction.classes" where they name a single class and do not ask
// whether it is one, or set one against what is none.
Reading read_instruction(std::string_view instruction, const std::vector<Card>& cards, const WordVectors& words);

// Of each of `names`, what somebody else calls classes, the class of `card` that it is a name of: its own, or one that
// a word of it is as close to as read_instruction() asks. Empty unless each names one, and another one.
std::vector<std::int64_t> classes_named(const std::vector<std::string>& names, const Card& card,
                                        const WordVectors& words);

}  // namespace weightloom
