#pragma once
// Which data set is meant where nothing is said of what its pictures show, but of what they look like.

#include <vector>

#include "sentence.hpp"
#include "subjects.hpp"

namespace weightloom {

// The one whose looks have two signs and more where no other has one: "32x32 colour photographs", "ten
// kinds of colour pictures", "not cifar100, the one of ten classes". How many classes there are alone says nothing.
// nullptr: none.
const Subjects* subject_by_looks(const Sentence& sentence, const std::vector<Subjects>& subjects);

}  // namespace weightloom
