#pragma once
// Words that the reading of an instruction treats alike whatever data sets there are.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// What is read of an instruction, in bytes.
inline constexpr std::size_t kLongestInstruction = 10'000;

// Articles, pronouns, prepositions, auxiliaries and the like: they tell no subject.
bool is_function_word(std::string_view word);
// What people say of any network and any pictures: "model", "classify", "image". Base forms.
bool is_generic_word(std::string_view term);
// Leaves the next word that means something out: "not", "without".
bool is_negation(std::string_view word);
// "Les", "und": says nothing but that the sentence is of another language.
bool is_foreign(std::string_view word);
// Of those, one that denies but a single thing: "no frogs" goes on with what is wanted.
bool is_denial(std::string_view word);
// "Other than", "with the exception of", "never mind": leaves what follows out.
bool is_exclusion(std::string_view word, std::string_view next);
// "Without including", "not showing".
bool is_containing(std::string_view word);
// Of all of something, keeps what follows: "bar", "other than".
bool is_sparing(std::string_view word, std::string_view next);
// Leaves out what stands before it: "letters aside"; "with the letters removed", "taken" out.
bool is_aside(std::string_view word);
bool is_removed(std::string_view word, std::string_view next);
// An order to leave out what follows: "drop", "throw out", "get rid of".
bool is_dropping(std::string_view word, std::string_view next);
// An order to do without, in a few places alone: "but hold the bags".
bool is_holding(std::string_view word, std::string_view next);
// Between "no" and what is not wanted: "no use for", "not interested in".
bool is_interest(std::string_view word);
// Behind what is denied: "numbers I don't want", "bags are not needed".
bool is_unwanted(std::string_view word);
// Who wants: "I", "we".
bool is_wanting(std::string_view word);
// Of "what I meant to ask for".
bool is_wishing(std::string_view word);
// "Stick to", "narrow it down to".
bool is_confining(std::string_view word);
// "Tell", "set" apart.
bool is_parting(std::string_view word);
// Of "less than four", "five and above".
bool is_less(std::string_view word);
bool is_more(std::string_view word);
// What a number allows: those up to it, or from it on, itself among them or not.
struct NumberBound {
  std::int64_t number;
  bool upper, inclusive;
  bool holds(std::int64_t other) const {
    return (inclusive && other == number) || (upper ? other < number : other > number);
  }
};
// By the words before it: "no more than", "below", "up to", "at least"; or the one behind it: five "and above".
std::optional<NumberBound> bound_before(std::int64_t number, std::string_view third, std::string_view second,
                                        std::string_view first);
std::optional<NumberBound> bound_after(std::int64_t number, std::string_view word);
// Has a number for its name: "room 4".
bool is_numbered_place(std::string_view word);
// "Don't want", "don't care": leaves out what follows, too.
bool is_not_wanted(std::string_view word, std::string_view next);
// "Those two there".
bool is_pointing(std::string_view word);
// Stands before a place: "on", "from".
bool is_place_before(std::string_view word);
// "By" the ship, "under" the truck.
bool is_beside(std::string_view word);
// Between classes, sets them against each other: "from", "or", "versus".
bool is_contrast(std::string_view word);
// Of those, one that sets sides against each other: "versus".
bool is_versus(std::string_view word);
// Goes on with a list: "and".
bool is_joint(std::string_view word);
// Anywhere in a sentence, says that the classes that it names are told apart: "between", "confused".
bool is_telling_apart(std::string_view word);
// Before a list says that it is of examples, after one that it goes on: "such as", "and the like".
bool is_open_before(std::string_view word);
bool is_open_after(std::string_view word);
// Of "everything else", "all the others".
bool is_all(std::string_view word);
// What follows alone is meant: "only the animals", "nothing but footwear".
bool is_restriction(std::string_view word);
// The same behind it: "the animals alone".
bool is_alone_after(std::string_view word);
// What is said of all others where none may be: they are "banned", stay "out"; or, denied, may not "appear".
bool is_forbidden(std::string_view word);
bool is_admitted(std::string_view word);
// All others: "rest", "leftovers"; together, "lump", or against what is before them, "remaining".
bool is_rest_of_all(std::string_view word);
bool is_lumping(std::string_view word);
// Before it: "anything", "all" of "all that is not one".
bool is_any_thing(std::string_view word);
// What becomes of all others: they "are" no, they "go" elsewhere.
bool is_verdict(std::string_view word);
// Looks for one kind of thing: "detect", "a detector".
bool is_detecting(std::string_view word);
bool is_detector(std::string_view word);
bool is_which(std::string_view word);
// "Kinds" of things.
bool is_kind(std::string_view word);
// "2 tell", "4 the": a preposition as people write to each other.
bool is_shorthand(std::string_view word, std::string_view next);

// What a class is called as a member of its family: "equine". Others of the family are none of the class.
bool is_family(std::string_view word);

bool is_picture(std::string_view word);
// "Colour" photographs.
bool is_coloured(std::string_view word);
// What things are sorted into: "two piles", "bin A".
bool is_pile(std::string_view word);
// "Sort" things into kinds.
bool is_sorting(std::string_view word);
// Brings something into being: "make"; and pictures in most cases: "draw".
bool is_making(std::string_view word);
bool is_drawing(std::string_view word);
// Between numbers, says that all from one to the other are meant.
bool is_range(std::string_view word);

// "Nothing", in other Englishes too.
bool is_nothing(std::string_view word);
// What there are several of where things are told apart: "three outputs", "ways".
bool is_outcome(std::string_view word);
// Three and more: "third".
std::optional<std::int64_t> ordinal_of(std::string_view word);
// Says that something stands beside a class: "second", "negatives".
bool is_counterpart(std::string_view word);
// Before the number of a class: "labels 3 and 5"; and "items 3 and 5", where the set is named.
bool is_label(std::string_view word);
bool is_item(std::string_view word);
// Of one thing of a kind: "what bit of clothing".
bool is_partitive(std::string_view word);
// The state that things are in: "worn", "nearly new"; and what says it: "a hole".
bool is_flawed(std::string_view word);
bool is_sound(std::string_view word);
bool is_flaw(std::string_view word);
// Sets things of the world against each other: "which is faster".
bool is_comparative(std::string_view word);
bool is_ranking(std::string_view word);

// Asks for something else than what a picture shows: "count the people".
bool is_other_task(std::string_view word);
// Verbs that ask for what a picture shows, and some of each kind that do not: those of reckoning, making, changing,
// measuring, finding places. Other verbs are of one or the other by their closeness.
const std::vector<std::string>& verbs_of_telling();
const std::vector<std::string>& verbs_of_other_tasks();
// Asks what a thing is: "which", "kind".
bool is_question_for_kind(std::string_view word);
// Stands before the verb of an order, or of what something is for: "please"; "you", "to", "that".
bool is_politeness(std::string_view word);
bool is_before_verb(std::string_view word);
bool is_determiner(std::string_view word);
// Who writes.
bool is_person(std::string_view word);
// Of "in ascending order".
bool is_sequence(std::string_view word);
// What is written and no digit.
bool is_text(std::string_view term);
// Of a network: "whose job is to".
bool is_purpose(std::string_view word);
// "Which clerk wrote it".
bool is_wrote(std::string_view word);
// "Which animal left these tracks".
bool is_leaving(std::string_view word);
// By which writers are known.
bool is_penmanship(std::string_view word);
// Of two things that are worn together: "goes with", "matches".
bool is_matching(std::string_view word);
// What people are asked of a thing that is no kind of it: "breed", "price".
bool is_attribute(std::string_view word);
// Of those, and of what is asked of a thing rather than of a picture: "size".
bool is_feature(std::string_view word);
// Whose a thing is: "my"; and without it: "ours".
bool is_possessive(std::string_view word);
bool is_possession(std::string_view word);
// Writing that is not ours, and what may be of it: "Bengali numerals".
bool is_script(std::string_view word);
bool is_of_script(std::string_view word);
// What things are sorted to: "which rail does it go on".
bool is_putting(std::string_view word);
// What has a score that nobody wrote on anything.
bool is_game(std::string_view word);
// What is heard: "by the sound".
bool is_recording(std::string_view word);
bool is_clip(std::string_view word);
// What gives no pictures: "microphone", "sensor" readings; and who "speaks" a digit.
bool is_instrument(std::string_view word);
bool is_signal(std::string_view word, std::string_view next);
bool is_speaking(std::string_view word);
bool is_speaker(std::string_view word);
// Of several numbers: their "sum", "add" them; and what says it: "output".
bool is_reckoned(std::string_view word);
bool is_reckoning(std::string_view word);
bool is_telling_result(std::string_view word);
// Of equations: "+", "plus"; "squared".
bool is_reckoning_sign(std::string_view word);
bool is_power(std::string_view word);
// "Blow" a picture up.
bool is_enlarging(std::string_view word);
// Before what is named beside the matter: "unlike".
bool is_comparing(std::string_view word);
// What a picture is made: "sharper".
bool is_changed(std::string_view word);
// Of "do the clothing set".
bool is_whole_set(std::string_view word);
// What is written down, rather than asked: "a note with how many pints".
bool is_noting(std::string_view word);
// Of "whatever isn't one".
bool is_denied_being(std::string_view word);
// Becomes something else: "turn it into".
bool is_turning(std::string_view word);
// Of "clean up", "cut out".
bool is_particle(std::string_view word);
// Ends a noun phrase: "that", "and".
bool is_clause_word(std::string_view word);
// What an order may ask for: "net".
bool is_maker(std::string_view word);
bool is_being(std::string_view word);
// Begins a question for yes or no, beside is_being(): "does", "would".
bool is_asking(std::string_view word);
// Of pictures: "shows", "says".
bool is_showing(std::string_view word);
// What a thing has and is not: "colour". Those that nothing else would tell from kinds.
bool is_property(std::string_view word);
// Of a network: "how well", "how accurate".
bool is_quality(std::string_view word);
// "How old": an amount, though people say it of anything.
bool is_extent(std::string_view word);
// "Whole", and what one reads a whole of: "page".
bool is_whole(std::string_view word);
bool is_writing(std::string_view term);

// How a network is made or trained, before a number: "depth 8", "seed 3".
bool is_setting(std::string_view word);
// Between a setting and its number: "depth should be", "width set to".
bool is_saying(std::string_view word);
// What there may be none of yet: "no MNIST baseline".
bool is_result(std::string_view word);
// Answers: "aye if there is one, nay if not".
bool is_yes(std::string_view word);
bool is_no(std::string_view word);
// What is written and is no number: "signs", "shorthand"; and words of any writing by hand.
bool is_sign(std::string_view term);
bool is_of_letters(std::string_view term);
bool is_scribing(std::string_view term);
// Of a data set that is called so with a number behind it: "cifar" 10.
bool is_numbered_name(std::string_view word);
// What ends as names of networks do, and is none: "subnet".
bool is_no_network(std::string_view word);
// Of which a number says the size of a network: "layers".
bool is_network_part(std::string_view word);

// Zero to twenty: "seven", "7", "sevens", "7s".
std::optional<std::int64_t> number_of(std::string_view word);
// What numbers are called: "digit".
bool is_numeral(std::string_view term);
// "99", "twelve", which one digit does not say; "1245x60", of a decimal point, which is no number that is counted.
bool is_beyond_digit(std::string_view word);
// "Twenty-three".
bool is_compound_number(std::string_view word);
bool is_sum_of_money(std::string_view word);
// Before "digit": "two-digit numbers".
bool is_several(std::string_view word);

// "seven".
std::string number_word(std::int64_t number);

// What else an instruction may be about: subjects that no card need be of, so that the nearest data set is not taken
// for them.
struct Subject {
  std::string name;
  std::vector<std::string> terms;
};
const std::vector<Subject>& other_subjects();

// Well-known data sets that are none of ours, some of several words: "svhn", "stanford_car"; and what calls itself
// after one: "kannada-mnist".
bool is_other_data_set(std::string_view term);
const std::vector<std::string>& other_data_sets();

// All generic words, and all function words, for spelling.
const std::vector<std::string>& generic_words();
const std::vector<std::string>& function_words();

}  // namespace weightloom
