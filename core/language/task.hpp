#pragma once
// What an instruction asks for: which kind of thing a picture shows, or something else about it.

#include <optional>
#include <string>

#include "sentence.hpp"

namespace weightloom {

// What is asked for that no classifier says, in the instruction's words ("how fast", "add"); nothing where things are
// to be told apart, named, sorted or recognised. `subject` is what the instruction is about. Signs are:
// - an order whose verb is of another kind than telling apart, and whose object is what the pictures show,
// - a question for something else than a kind of thing: "how fast", "what colour", "whose", "where is",
// - a question to be answered by yes or no, or a choice, none of whose answers is a class.
// Where the set or its classes are clearly named, a verb that is not known, or "who", is no sign.
std::optional<std::string> asks_otherwise(const Sentence& sentence, const Subjects& subject, const Meanings& meanings,
                                          bool clear);

}  // namespace weightloom
