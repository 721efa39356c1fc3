#include "weightloom/language/reading.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "error_id.hpp"
#include "temporary_folder.hpp"

using namespace weightloom;
using weightloom::testing::error_id;
using Classes = std::vector<std::int64_t>;

namespace {

// Two data sets that no program knows, and no vectors: words are known by their spelling alone.
const std::vector<Card> kCards{{"tools",
                                {"hammer", "saw", "pair of pliers"},
                                "tools of a workshop",
                                {"tool", "hardware", "power_drill"},
                                {{"mallet"}}},
                               {"counts", {"0", "1", "2", "3", "4"}, "dots on dice", {"die", "dice", "dot"}, {}},
                               {"orchard",
                                {"apple", "cherry", "lemon", "plum"},
                                "fruit on a table",
                                {"fruit"},
                                {},
                                {{{"citrus"}, {"lemon"}},
                                 {{"stone_fruit", "drupe"}, {"cherry", "plum"}},
                                 {{"sweet"}, {"apple", "cherry", "plum"}}}}};

Reading read(const std::string& instruction) {
  return read_instruction(instruction, kCards, {});
}

std::string refusal(const std::string& instruction) {
  return error_id([&] { read(instruction); });
}

}  // namespace

TEST_CASE("somebody else's names of classes are those of a card", "[reading]") {
  const Card& tools = kCards[0];
  const Card& counts = kCards[1];
  CHECK(classes_named({"saws", "mallet"}, tools, {}) == Classes{1, 0});
  CHECK(classes_named({"pair of pliers", "my_hammers"}, tools, {}) == Classes{2, 0});
  CHECK(classes_named({"class_3", "1"}, counts, {}) == Classes{3, 1});
  CHECK(classes_named({"hammer", "mallet"}, tools, {}).empty());  // one class twice
  CHECK(classes_named({"hammer", "gloves"}, tools, {}).empty());
  CHECK(classes_named({"hammer or saw", "pliers"}, tools, {}).empty());
}

TEST_CASE("an instruction is about the data set whose words it has") {
  for (const char* text :
       {"tools", "please sort the tools in our workshop", "Which TOOL is it?", "hardware of a wrokshop"}) {
    INFO(text);
    CHECK(read(text).data() == "tools");
  }
  for (const char* text : {"dice", "all the dots on my dices", "a net for DICE."}) {
    INFO(text);
    CHECK(read(text).data() == "counts");
  }
  const Reading reading = read("the tools of our workshop in zqxville");
  CHECK(reading.certainty > 0.3);
  CHECK(reading.because == std::vector<std::string>{"tools", "workshop"});
  CHECK(reading.unknown == std::vector<std::string>{"zqxville"});
}

TEST_CASE("several classes that are named are told apart, in the order of the words") {
  CHECK(read("tell a saw from a hammer").classes == Classes{1, 0});
  CHECK(read("mallet or pliers?").classes == Classes{0, 2});
  CHECK(read("tools: a hammer, a saw, etc").classes.empty());
  CHECK(read("tools such as the hammer").classes.empty());
  CHECK(read("hammer, saw ... tools").classes.empty());
  CHECK(read("hammer, saw, pliers").data() == "tools");  // all that there are
}

TEST_CASE("numbers are classes where classes are numbers, and quantities where they count something") {
  CHECK(read("dice that show one or three").classes == Classes{1, 3});
  CHECK(read("dice, ones against fours").classes == Classes{1, 4});
  CHECK(read("dice from two to four").classes == Classes{2, 3, 4});
  CHECK(read("dice 1-3").classes == Classes{1, 2, 3});
  CHECK(read("dice with three colours of dots").classes.empty());
  CHECK(read("which one of the dice is it").classes.empty());
}

TEST_CASE("a list is meant as it stands, unless it is of examples or goes on") {
  CHECK(read("Hammer? Saw?").classes == Classes{0, 1});
  for (const char* text :
       {"tools, solely hammers & saws", "narrow the tools down to a hammer and a saw",
        "either a pair of hammers or a pair of saws, tools", "nothing but the hammers and saws, tools"}) {
    INFO(text);
    CHECK(read(text).classes == Classes{0, 1});
  }
  CHECK(read("I'd like to know a saw from a hammer").classes == Classes{1, 0});
  CHECK(read("our workshop has a saw here and a hammer there; tell the one from the other").classes == Classes{1, 0});
  CHECK(read("tools from hammers to saws").classes.empty());
  CHECK(read("tools: hammers and saws and so on").classes.empty());
  CHECK(read("hammers, saws or any other of the usual tools").classes.empty());
  CHECK(read("a saw, a hammer: the usual three tools").classes.empty());
}

TEST_CASE("numbers as people write to each other") {
  CHECK(read("dice, 1 n 3, so hard 2 tell apart").classes == Classes{1, 3});
  CHECK(read("only the even dice, please").classes == Classes{0, 2, 4});
  CHECK(read("dots 0 / 3 / 4").classes == Classes{0, 3, 4});
  CHECK(read("a die that shows something between zero and four").classes.empty());
  CHECK(refusal("dice, nine or twelve dots") == "instruction.classes");
  const Card by_name{"rolls", {"1", "10", "2", "3"}, "rolls", {"roll"}, {}};
  CHECK(read_instruction("rolls one to three", {by_name}, {}).classes == Classes{0, 2, 3});
}

TEST_CASE("a range of numbers is all from one to the other, and a limit all up to it") {
  for (const char* text : {"dice 1..3", "dice 1 - 3", "dice from one up to three", "dice one through three only",
                           "dice between 1 and 3", "dice above 0 and below four", "dice of at least 1, at most 3",
                           "dice, no less than one and no more than three"}) {
    INFO(text);
    CHECK(read(text).classes == Classes{1, 2, 3});
  }
  for (const char* text : {"dice, 2 and above", "dice of two or more", "dice from 2 upwards", "dice over 1", "dice, 2+",
                           "dice, no fewer than 2"}) {
    INFO(text);
    CHECK(read(text).classes == Classes{2, 3, 4});
  }
  for (const char* text : {"dice below 2", "dice up to 1", "dice, 1 and under", "dice, never above 1"}) {
    INFO(text);
    CHECK(read(text).classes == Classes{0, 1});
  }
  CHECK(read("dice 0..4").classes.empty());
  CHECK(read("dice up to four").classes.empty());
  CHECK(read("distinguish between dice of 1 and 3").classes == Classes{1, 3});
  CHECK(read("dice, a net of at most 3 layers").classes.empty());
  CHECK(read("counter 4: dice").classes.empty());
  for (const char* text : {"dice, max 1.5 million weights", "dice, at most 2.5 lakh", "dice, right in 0.9 of all",
                           "dice, at most 2 lakh weights"}) {
    INFO(text);
    CHECK(read(text).classes.empty());
  }
}

TEST_CASE("classes that are named with nothing else said of the subject are a list") {
  CHECK(read("a net for hammers and saws in our shed").classes == Classes{0, 1});
  CHECK(read("say which it is: hammers - plus pliers").classes == Classes{0, 2});
  CHECK(read("hammers and saws and suchlike").classes.empty());
  CHECK(read("hammers, saws and all the other tools").classes.empty());
  // One that is set against another by name leaves no doubt.
  CHECK(read("saws and hammers on dice. Pliers or saws?").classes == Classes{2, 1});
}

TEST_CASE("what is left out leaves all other classes") {
  for (const char* text : {"tools without saws",
                           "all tools but the saws",
                           "skip the saws: tools",
                           "tools other than saws",
                           "any tool except a saw",
                           "tools, leave the saws out",
                           "tools, but never a saw",
                           "every tool save saws",
                           "tools apart from saws",
                           "we don't stock saws: all other tools",
                           "tools, forget the saws",
                           "tools, saws excluded",
                           "everything but the saws",
                           "tools, we never stock a saw",
                           "tools rather than saws",
                           "everything but saws: we never carry a saw",
                           "drop the saws, keep the other two tools",
                           "please get rid of the saws: tools",
                           "tools, throw out the saws",
                           "tools with the saws taken out",
                           "tools, saws removed",
                           "tools sans saws",
                           "tools less the saws",
                           "every tool that isn't a saw",
                           "all tools save for the saws",
                           "drop saws, keep the other tools"}) {
    INFO(text);
    CHECK(read(text).classes == Classes{0, 2});
  }
  CHECK(read("dice, leave out the ones and zeros; the other three").classes == Classes{2, 3, 4});
  CHECK(read("dice except 1, 2 and 4").classes == Classes{0, 3});
  CHECK(read("dice, no two alike").classes.empty());
  CHECK(read("tools that people leave: a hammer or a saw").classes == Classes{0, 1});
  CHECK(read("people drop saws and hammers: tell them apart").classes == Classes{1, 0});
  CHECK(read("drop the saws in this box and the hammers in that one, only those").classes == Classes{1, 0});
  CHECK(read("tell saws apart from hammers").classes == Classes{1, 0});
  CHECK(read("tools, letters aside").data() == "tools");
}

TEST_CASE("other tasks than telling things apart are refused") {
  for (const char* text : {"count the tools", "how many tools are there", "draw some new pictures of tools"}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.task");
  }
  CHECK(read("a network for pictures of tools").data() == "tools");
  CHECK(read("make a picture sorter for tools").data() == "tools");
}

TEST_CASE("one class is told from all others where that is asked") {
  for (const char* text : {"is it a saw or not",
                           "Saws against everything else",
                           "spot the saws, anything else is a no",
                           "tell me whether it is a saw",
                           "a saw detector",
                           "yes if it's a saw, no otherwise",
                           "tools: does the picture show a saw?",
                           "tell saws from all other tools",
                           "if it's a saw say so, else say no",
                           "a saw? Others (hammers, pliers) are a no",
                           "saw or no saw",
                           "saws against non-saws",
                           "say yes to a saw, no to anything but",
                           "ring for a saw, stay still for anything that's not one",
                           "saw detector: saw = 1, all others = 0",
                           "pull out the saws, whatever isn't a saw goes elsewhere",
                           "either it's a saw or it isn't",
                           "either there is a saw or there's not",
                           "saws versus whatever's left",
                           "saws against the remaining two",
                           "a saw, or one of the other two lumped together",
                           "a saw: true or false",
                           "saws, and lump the rest together",
                           "saws against all that remains of the tools",
                           "saws in one tray and the rest of the tools in the other"}) {
    INFO(text);
    CHECK(read(text).data() == "tools[1,rest]");
  }
  CHECK(read("dice: is it a three or not").data() == "counts[3,rest]");
  CHECK(read("dice: two or not two").data() == "counts[2,rest]");
  CHECK(read("dice: if the number is a 3 say so, else not").data() == "counts[3,rest]");
  CHECK(read("is it a saw or a hammer").data() == "tools[1,0]");
  CHECK(read("tools: a saw, and everything else that workshops have").data() == "tools");
  CHECK(read("tell me what tool it is: a saw or whatever else").data() == "tools");
  CHECK(read("can a net read dice? if so, make me one").data() == "counts");
  const Reading reading = read("a saw or not");
  CHECK(reading.classes == Classes{1});
  CHECK(reading.rest);
  CHECK(reading.class_count(3) == 2);
  CHECK(refusal("only the saw") == "instruction.classes");
}

TEST_CASE("kinds of one class are not told apart, nor classes of two data sets") {
  CHECK(refusal("tools: is it a mallet or a hammer") == "instruction.classes");
  CHECK(read("a mallet or a saw").classes == Classes{0, 1});
  CHECK(refusal("tell saws from threes") == "instruction.sets");
}

TEST_CASE("what is asked about the right pictures must be what they show") {
  for (const char* text : {"add the dots on the dice",
                           "multiply the dice",
                           "what colour are the tools",
                           "how heavy is the hammer",
                           "whose hammer is it",
                           "where is the saw in the picture",
                           "Which tool is the biggest?",
                           "draw the tools",
                           "Remove the saw from my pictures",
                           "a net that invents the tools",
                           "by the same workshop: tools",
                           "what are the tools made of",
                           "the same hammer as before",
                           "a whole page of dice",
                           "did the same hand make the dice",
                           "which workshop designed the saw",

                           "were the dice thrown by a man or a woman",
                           "dice: a boy or a girl",
                           "Which saw goes with this hammer?",
                           "does the saw match the hammer",
                           "a saw to go with my hammer",
                           "breed of hammer",
                           "what was the price of the saw",
                           "sum of the dice",
                           "mark each pixel of the saw",
                           "Bengali numerals on dice",
                           "dice in Thai",
                           "dice: a's from o's",
                           "dice: a, e and o",
                           "score of the match on dice",
                           "tools by their sound",
                           "hammer or saw, by ear",
                           "noise clips: hammer or saw",
                           "nationality of the person who threw the dice",
                           "will hammers rise tomorrow? tools",
                           "turn the hammer into a brooch",
                           "I speak the dots of dice",
                           "spoken dots of dice",
                           "dice by microphone",
                           "dice over the phone",
                           "I say the dice out loud",
                           "sensor readings of dice",
                           "two dice, output their sum",
                           "dice, give the total",
                           "two dice, multiply them",
                           "the product of two dice",
                           "blow my tools up to the size of a door",
                           "make the tools sharper",
                           "denoise the tools",
                           "super-resolution of tools",
                           "turn the tools into high resolution",
                           "the hammer breed"}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.task");
  }
  for (const char* text :
       {"name the tools", "how well can a net know tools?", "which tool is it", "what kind of tool",
        "write a net for tools", "make a net that names the tools", "locate me a net for tools",
        "no matter how long it takes, tools", "tools: what hit the fence?", "tools: which hook does it go on",
        "tools for workers, who are busy", "Dear Sir/Madam, tools please", "will you name the tools",
        "Selling off my tools. Which is it?", "yo, a bot for tools"}) {
    INFO(text);
    CHECK(read(text).data() == "tools");
  }
  for (const char* text : {"they leave a note with how many, as dice", "a gadget that speaks the dots of the dice",
                           "we speak English, dice please", "do the dice for me", "no microphone, dice",
                           "draw up a dice classifier", "dice w/o fuss", "dice w/ care"}) {
    INFO(text);
    CHECK(read(text).data() == "counts");
  }
  CHECK(read("Max is a saw, Rex's a hammer. Saw or hammer?").classes == Classes{1, 0});
}

TEST_CASE("what says nothing, or too little, is refused") {
  for (const char* text : {"", "   ", "?!", "a good model please", "the network", "zqx wvy", "\xff\xfe"}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.nothing");
  }
  for (const char* text : {"tools and dice", "the stocks of a hospital", "leaves of trees"}) {
    INFO(text);
    CHECK(refusal(text) != "none");
  }
  CHECK(refusal("only the hammer") == "instruction.classes");
  CHECK(refusal("a hammer or dice") != "none");
  CHECK(refusal("tell hammers from zqxes") != "none");
  CHECK(refusal("neither tools nor dice") == "instruction.nothing");
  CHECK(error_id([] { read_instruction("tools", {}, {}); }) == "instruction.nothing");
}

TEST_CASE("a group means its classes where nothing else of the set is named") {
  CHECK(read("drupes").classes == Classes{1, 3});
  CHECK(read("which drupe is it").classes == Classes{1, 3});
  CHECK(read("drupes and apples").classes == Classes{1, 3, 0});
  CHECK(read("drupes and other fruit").classes.empty());
  CHECK(read("fruit, drupes only").classes == Classes{1, 3});
  CHECK(read("fruit, but just the drupes").classes == Classes{1, 3});
  CHECK(read("fruit, sweet things and nothing else").classes == Classes{0, 1, 3});
  CHECK(read("sweet things such as apples").classes == Classes{0, 1, 3});
  CHECK(read("drupes, citrus, apples").data() == "orchard");  // all that there are
  CHECK(read("is it a drupe").data() == "orchard");           // of which the classes say nothing
}

TEST_CASE("what is left out of a group, and groups that are left out, are taken away") {
  CHECK(read("sweet things but no plums").classes == Classes{0, 1});
  CHECK(read("sweet things without the drupes, no citrus").data() == "orchard");  // one class alone is no task
  CHECK(read("fruit without the drupes").classes == Classes{0, 2});
  CHECK(read("all fruit except citrus").classes == Classes{0, 1, 3});
  CHECK(read("all fruit but the two kinds of drupe").classes == Classes{0, 2});
  CHECK(read("every fruit apart from the two drupes").classes == Classes{0, 2});
}

TEST_CASE("a set's own name is decisive, and other sets are refused by theirs") {
  const std::vector<Card> cards{{"shapes20", {"circle", "square"}, "drawn shapes", {"shape"}, {}},
                                {"tiny-tools", {"hammer", "saw"}, "tools", {"tool"}, {}},
                                {"mnist", {"0", "1", "2", "3", "8"}, "handwritten digits", {"digit"}, {}}};
  const auto reading_of = [&](const std::string& text) {
    std::string found;
    const auto id = error_id([&] { found = read_instruction(text, cards, {}).data(); });
    return id == "none" ? found : id;
  };
  for (const char* text : {"shapes20, bells and whistles", "shapes-20", "shapes 20, all of it", "shapes twenty",
                           "do the shapes20 set", "shapse20", "shapes20, width 3, depth 8", "shapes20, depth: 8",
                           "unlike imagenet, shapes20", "shapes20, not cifar-100"}) {
    INFO(text);
    CHECK(reading_of(text) == "shapes20");
  }
  for (const char* text : {"tiny tools", "tniy tools", "tinytools please", "tiny-toosl"}) {
    INFO(text);
    CHECK(reading_of(text) == "tiny-tools");
  }
  for (const char* text : {"shapes20 and tiny-tools", "cifar100 digits", "cifar-100", "stanford cars", "emnist digits",
                           "Kannada-MNIST", "digits of SVHN", "street view house numbers", "digits like those of svhn",
                           "the coco data set", "shapes20 or else svhn", "hammer or circle?"}) {
    INFO(text);
    CHECK(reading_of(text) == "instruction.sets");
  }
  CHECK(reading_of("classifier 4 those digits: 2s n 3s") == "mnist[2,3]");
}

TEST_CASE("things of no set that are set against each other are no classes") {
  CHECK(refusal("samosa or kachori at our workshop") == "instruction.classes");
  CHECK(refusal("a quern against a mangle in the workshop") == "instruction.classes");
  CHECK(read("tools, rusty or shiny").data() == "tools");
}

TEST_CASE("what is left out is not meant") {
  CHECK(read("tools, no dice").data() == "tools");
  CHECK(read("dice without tools").data() == "counts");
}

TEST_CASE("a folder says in a file what it is about") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "card.toml") << "description = 'leaves of trees'\nkeywords = ['foliage']\n"
                                         "[aliases]\noak = ['quercus']\n[groups]\nbroadleaves = ['beech', 'oak']\n";
  const Card card = card_of(folder.path().string(), {"beech", "oak"});
  CHECK(card.description == "leaves of trees");
  CHECK(card.keywords == std::vector<std::string>{"foliage"});
  CHECK(card.aliases == std::vector<std::vector<std::string>>{{}, {"quercus"}});
  REQUIRE(card.groups.size() == 1);
  CHECK(card.groups[0].names == std::vector<std::string>{"broadleaves"});
  CHECK(card.groups[0].classes == std::vector<std::string>{"beech", "oak"});
  CHECK(card_from_json(to_json(card), "a test").groups[0].classes == card.groups[0].classes);
  CHECK(read_instruction("sort my foliage", {card}, {}).data() == card.name);
  std::ofstream(folder / "card.toml") << "[aliases]\nelm = ['ulmus']\n";
  CHECK(error_id([&] { card_of(folder.path().string(), {"beech", "oak"}); }) == "config.value");
  std::ofstream(folder / "card.toml") << "[groups]\nconifers = ['larch']\n";
  CHECK(error_id([&] { card_of(folder.path().string(), {"beech", "oak"}); }) == "config.value");
}

TEST_CASE("a folder may be written with a slash, and its certainty is a share") {
  const Card card = card_of("nowhere/photos/", {"oak", "elm"});
  CHECK(card.description == "photos");
  CHECK(error_id([&] { read_instruction("zq wv xk", {card}, {}); }) == "instruction.nothing");
  std::string story;
  for (int i = 0; i < 40; ++i) story += "oak and elm, ";
  CHECK(read_instruction(story, {card}, {}).certainty <= 1);
}

TEST_CASE("any text is read or refused, however long it is") {
  std::string text;
  while (text.size() < 100'000) text += "tools \xc3\xa9\xc3 zq" + std::to_string(text.size()) + "\x1b[31m ";
  CHECK((refusal(text) == "none" || refusal(text).starts_with("instruction.")));
  CHECK(refusal(std::string(100'000, 'a')) == "instruction.nothing");
}

TEST_CASE("closeness of meaning stands in for words that cards have") {
  const WordVectors words({{"gavel", "hammer", "dice", "cloud", "tool"},
                           {1, 0.1f, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0.6f, 0.5f, 0},
                           {6, 6, 6, 6, 6},
                           {},
                           ""});
  CHECK(read_instruction("a gavel or a saw", kCards, words).classes == Classes{0, 1});
  CHECK(error_id([&] { read_instruction("clouds", kCards, words); }) == "instruction.unclear");
  // "Spanner" is of the tools' kind, and no class.
  const WordVectors kind(
      {{"spanner", "hammer", "saw", "pliers"}, {1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1}, {6, 6, 6, 6}, {}, ""});
  for (const char* text : {"hammers, saws and spanners", "spanners and saws need telling apart"}) {
    INFO(text);
    CHECK(error_id([&] { read_instruction(text, {kCards[0]}, kind); }) == "instruction.classes");
  }
}

TEST_CASE("the state of things, and which is more of something, are no kinds of them") {
  for (const char* text :
       {"which of the saws are rusty", "are these hammers worn out", "tell me whether the saw has been washed",
        "rusty saws against shiny ones", "sort the tools into damaged and undamaged", "tools: battered or mint?",
        "which saws have dents", "if a hammer has a crack, tools", "is the hammer in the picture upside down",
        "which is heavier, a hammer or a saw?", "is a hammer dearer than a saw", "which weighs more: a saw or a hammer",
        "which came first, the hammer or the saw", "which is the better one, tools: hammer or saw",
        "should I buy a hammer or a saw"}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.task");
  }
  CHECK(read("what kind of tool is it, rusty or not").data() == "tools");
  CHECK(read("worn tools come in by the box; say what each tool is").data() == "tools");
  CHECK(read("which tool is it, I can't tell as my glasses are dirty").data() == "tools");
  CHECK(read("which is it, a hammer or a saw").classes == Classes{0, 1});
}

TEST_CASE("more ways to tell one class from all others") {
  for (const char* text :
       {"a saw? not a saw?", "one-vs-rest for saws, tools", "tools, one versus all: saw", "saw vs all, tools",
        "it's a saw, or it's some other tool", "say saw for a saw and 'other' for every other tool",
        "if saw then 1 else 0", "beep when it is a saw", "saws, and the rest of the tools as one class",
        "is it or is it not a saw", "shed pictures: pick out the saws, everything else in tools is just other"}) {
    INFO(text);
    CHECK(read(text).data() == "tools[1,rest]");
  }
}

TEST_CASE("classes by number, where a set is named that has others") {
  const Card named{"fancy-counts", {"a1", "b2", "c3", "d4"}, "fancy things", {"fancy"}, {}};
  const auto data = [&](const char* text) { return read_instruction(text, {named, kCards[1]}, {}).data(); };
  CHECK(data("fancy-counts labels 0 2 3 only") == "fancy-counts[0,2,3]");
  CHECK(data("fancy counts, classes 1 to 3") == "fancy-counts[1,2,3]");
  CHECK(data("fancy counts, label 3 vs label 0") == "fancy-counts[3,0]");
  CHECK(data("fancy counts class 2 against the rest") == "fancy-counts[2,rest]");
  CHECK(data("fcounts") == "fancy-counts");
  CHECK(error_id([&] { data("fancy counts, classes 3 and 7"); }) == "instruction.classes");
}

TEST_CASE("a set that is called after another one") {
  const Card fancy{"fancy-mnist", {"lace", "silk"}, "ribbons", {"fancy", "ribbon"}, {}};
  const Card plain{"mnist", {"0", "1"}, "digits", {"digit"}, {}};
  const auto data = [&](const char* text) { return read_instruction(text, {plain, fancy}, {}).data(); };
  for (const char* text : {"the fancy version of mnist", "mnist but with ribbons", "mnist (fancy)", "fmnist"}) {
    INFO(text);
    CHECK(data(text) == "fancy-mnist");
  }
  for (const char* text : {"mnist", "plain mnist, not the fancy one", "mnist digits"}) {
    INFO(text);
    CHECK(data(text) == "mnist");
  }
}

TEST_CASE("groups that are denied, and lists that something is said of") {
  CHECK(read("non-citrus classes of the orchard").classes == Classes{0, 1, 3});
  CHECK(read("hammer saw, they're the hard ones").classes == Classes{0, 1});
  CHECK(read("our workshop sells hammers and saws, nowt else. Which is which?").classes == Classes{0, 1});
}

TEST_CASE("remarks to the program, places and sides of a contrast", "[reading]") {
  for (const char* text :
       {"name the tools. Is that within your powers?", "tools; is that your line of work?", "Preferably the tools",
        "hammer-to-pliers tools", "a hammer, a saw and the other one tool", "tools, one per wall"}) {
    INFO(text);
    CHECK(read(text).data() == "tools");
  }
  CHECK(read("a saw for logs versus that other thing for nails, a hammer").classes == Classes{1, 0});
  CHECK(read("dice, one of three").classes.empty());
  CHECK(read("dice: two of three are fours; is it a four?").data() == "counts[4,rest]");
  CHECK(read("dice, one of 1, 2 and 3").classes == Classes{1, 2, 3});
}

TEST_CASE("more ways to leave out") {
  for (const char* text :
       {"saws we can do without: all other tools", "all tools, though saws I don't need",
        "saws are not needed; the other two tools", "everything in the set of tools apart from saws",
        "keep all the tools apart from saws", "tools, but toss out the saws", "tools but hold the saws",
        "do away with the saws: tools", "spare me the saws, all other tools", "no use for a saw: tools",
        "not the saw: the two other tools", "leave out the saws, otherwise all tools", "axe the saws: tools"}) {
    INFO(text);
    CHECK(read(text).classes == Classes{0, 2});
  }
  CHECK(read("dice except 1 to 3").classes == Classes{0, 4});
  CHECK(read("dice, skip the 2 and 3, otherwise all of them").classes == Classes{0, 1, 4});
  CHECK(read("a saw I don't like and a hammer I do; which is which").classes == Classes{1, 0});
  const Card named{"fancy-counts", {"a1", "b2", "c3", "d4"}, "fancy things", {"fancy"}, {}};
  const auto data = [&](const char* text) { return read_instruction(text, {named, kCards[1]}, {}).data(); };
  CHECK(data("fancy-counts without labels 1 and 2") == "fancy-counts[0,3]");
  CHECK(data("fancy things numbered 0 up to 2") == "fancy-counts[0,1,2]");
  CHECK(data("fancy-counts items 1 and 3") == "fancy-counts[1,3]");
}

TEST_CASE("one class with its rest denied, and pairs and letters that are no classes", "[reading]") {
  for (const char* text :
       {"tools: only saws, no others", "a saw, a single class, of all tools", "nothing but saws, and no other tool",
        "orchard, plums and hardware", "dice: 3 versus the letter B", "dice: 2 or z"}) {
    INFO(text);
    CHECK(refusal(text).starts_with("instruction."));
  }
  CHECK(read("tools: only saws, all others are a no").data() == "tools[1,rest]");
  CHECK(read("a saw, or a tool that isn't a saw").data() == "tools[1,rest]");
  CHECK(read("orchard, plums and lemons").data() == "orchard[3,2]");
  CHECK(read("from all the tools drop saws").data() == "tools[0,2]");
}

TEST_CASE("answers in code, and the rest in more words") {
  for (const char* text : {"a saw -> 1, any other tool -> 0", "saws as 1, all other tools as 0", "tools: saw y/n",
                           "tools: output 1 for a saw and 0 for the rest", "a saw? Lump the two other tools together",
                           "whatever is no saw goes on one pile, saws on the other: tools",
                           "saws on one heap, every other sort of tool on another"}) {
    INFO(text);
    CHECK(read(text).data() == "tools[1,rest]");
  }
}

TEST_CASE("a set is known by its looks where nothing else is said") {
  const std::vector<Card> cards{{"plates2", {"flat", "deep"}, "colour photographs of plates, 16x16", {"plate"}, {}},
                                kCards[0]};
  const auto reading_of = [&](const std::string& text) {
    std::string found;
    const auto id = error_id([&] { found = read_instruction(text, cards, {}).data(); });
    return id == "none" ? found : id;
  };
  for (const char* text :
       {"16x16 colour pictures", "two kinds of colour photographs", "16 by 16 images, two classes"}) {
    INFO(text);
    CHECK(reading_of(text) == "plates2");
  }
  for (const char* text : {"colour pictures", "two classes", "16x16 colour pictures of zqxes"}) {
    INFO(text);
    CHECK(reading_of(text) == "instruction.nothing");
  }
  const Card set10{"cifar10", {"x", "y"}, "things", {"cifar"}, {}};
  CHECK(read_instruction("not cifar100, the one of two classes", {set10}, {}).data() == "cifar10");
}

TEST_CASE("two sets that are named together are refused") {
  const Card fancy{"fancy-mnist", {"lace", "silk"}, "ribbons", {"fancy", "ribbon"}, {}};
  const Card plain{"mnist", {"0", "1"}, "digits", {"digit"}, {}};
  for (const char* text :
       {"mnist and fancy-mnist together", "mnist as well as fancy mnist", "fancy-mnist, mnist", "both mnist sets"}) {
    INFO(text);
    CHECK(error_id([&] { read_instruction(text, {plain, fancy}, {}); }) == "instruction.sets");
  }
}

TEST_CASE("features and individuals are no kinds, and equations no pictures", "[reading]") {
  for (const char* text :
       {"size of the hammer in the photo", "hammer size from a photo", "tell me the saw's weight",
        "is that my hammer or the neighbour's hammer", "our saw or theirs", "is the plum ours or the neighbours'",
        "Solve 3x + 5 = 11 on the dice", "dots: x squared minus 5x plus 6 = 0", "dice, 5 + 4 ="}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.task");
  }
  CHECK(read("whatever size the hammer is: a hammer or a saw").data() == "tools[0,1]");
  CHECK(read("my hammer or my saw").data() == "tools[0,1]");
  CHECK(read("dice, layers=8").data() == "counts");
}

TEST_CASE("what is asked for and left out, and kinds that no set has", "[reading]") {
  for (const char* text :
       {"hammers against saws, without any saws in it", "hammers or saws, but no saws at all",
        "dice: 1 or 3, but no ones and no threes", "hammers against saws, with both of them left out",
        "hammers against saws, with the saws left out", "tools, with each of the classes left out",
        "only the stone fruit, and none of the stone fruit", "only the even dice, no even dice"}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.classes");
  }
  CHECK(read("hammers against saws, without any fuss").data() == "tools[0,1]");
  CHECK(read("no saws here: hammers or saws").data() == "tools[0,1]");
  CHECK(read("of the stone fruit and the citrus, none of the citrus").data() == "orchard[1,3]");
  CHECK(read("tools without leaving out any of the classes").data() == "tools");
  CHECK(read("the even dice, odd dice left out").data() == "counts[0,2,4]");
  CHECK(read("the even dice without the two").data() == "counts[0,4]");
  CHECK(read("dots on dice, 0 to 4 without 3").data() == "counts[0,1,2,4]");
  CHECK(read("sort the fruit into plums and lemons").data() == "orchard[3,2]");
}

TEST_CASE("counts of parameters, emphasis and parentheses are not in the way", "[reading]") {
  CHECK(read("dice, parameter count below 500").data() == "counts");
  CHECK(read("count of weights below 500, dice").data() == "counts");
  CHECK(refusal("count the dice") == "instruction.task");
  CHECK(read("tell hammers from literally every other tool").data() == "tools[0,rest]");
  CHECK(read("tell hammers from just about anything else").data() == "tools[0,rest]");
  CHECK(read("hammers and, believe it or not, one saw; sort these").data() == "tools[0,1]");
  CHECK(read("hammers pay 2 euros, saws 3. A hammer or a saw?").data() == "tools[0,1]");
}

TEST_CASE("names of data sets may be spelled out") {
  const Card plain{"mnist", {"0", "1"}, "digits", {"digit"}, {}};
  const Card other{"plates", {"a", "b"}, "plates", {"plate"}, {}};
  for (const char* text : {"m-n-i-s-t", "m.n.i.s.t", "M.N.I.S.T. please", "a net for M N I S T"}) {
    INFO(text);
    CHECK(read_instruction(text, {plain, other}, {}).data() == "mnist");
  }
  CHECK(error_id([&] { read_instruction("m-n-i-s", {plain, other}, {}); }) == "instruction.nothing");
}

TEST_CASE("what an instruction announces as meant counts, not what stands before it", "[reading]") {
  CHECK(read("Sorry, the dice rolled onto my keys. What I meant to ask for: tools of all kinds").data() == "tools");
  CHECK(read("There is fruit on my dice. What I need is a sorter of tools").data() == "tools");
  CHECK(read("I have dice. What I want: a resnet").data() == "counts");
}

TEST_CASE("the numbers of a list's items are no numbers that pictures show", "[reading]") {
  CHECK(read("List: (1) the dots on dice (2) all of them (3) a cnn").data() == "counts");
  CHECK(read("1. dice 2. quickly").data() == "counts");
  CHECK(read("dots on dice: (1) or (2)").data() == "counts[1,2]");
}

TEST_CASE("what stays out or is thrown away is left out", "[reading]") {
  CHECK(read("let the plum and the apple stay out of it; fruit").data() == "orchard[1,2]");
  CHECK(read("let the apple, plum and cherry stay out at night; fruit").data() == "orchard[0,3,1]");
  CHECK(read("fruit, throw away the apples and the plums").data() == "orchard[1,2]");
  CHECK(read("dice, dots from 1 up to and including 3").data() == "counts[1,2,3]");
  CHECK(read("two trays, one for dice with a 3 and one for those with a 4").data() == "counts[3,4]");
}

TEST_CASE("nothing is left of what is left out class by class", "[reading]") {
  CHECK(refusal("tools minus hammers minus saws minus pliers") == "instruction.classes");
  CHECK(read("dice without the odd dots").data() == "counts[0,2,4]");
  CHECK(refusal("dice without the odd dots, without the even dots") == "instruction.classes");
}

TEST_CASE("several classes may be told from all others", "[reading]") {
  for (const char* text : {"apples, plums or something else", "apple, plum, or neither",
                           "fruit: apples, plums, neither", "three outputs for the fruit: apple, plum, anything else",
                           "apples in bin one, plums in bin two and all other fruit in bin three",
                           "apples, plums, and lump all other fruit together as a third"}) {
    INFO(text);
    CHECK(read(text).data() == "orchard[0,3,rest]");
  }
  CHECK(read("is it one or the other: apples or plums").data() == "orchard[0,3]");
  CHECK(read("apples, plums and all the other fruit").data() == "orchard");
  CHECK(refusal("ignore every fruit") == "instruction.classes");
  CHECK(read("ignore everything but the apples and the plums").data() == "orchard[0,3]");
}

TEST_CASE("one class with nothing beside it is refused", "[reading]") {
  for (const char* text : {"only hammers, there are no negatives", "hammers, with nothing set against them",
                           "the sole class should be hammers", "hammers, one output label",
                           "tools: hammers, no other class", "hammers, I do not want a second one"}) {
    INFO(text);
    CHECK(refusal(text) == "instruction.classes");
  }
}

TEST_CASE("what is of the classes' genus and none of them is refused", "[reading]") {
  // A line of seven kinds down to "tool"; hammers, saws and wrenches are tools, a sledge is a hammer.
  WordTable table{{"hammer", "saw", "wrench", "sledge", "tool"},
                  {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.8f, 0.1f, 0.1f, 0.5f, 0.5f, 0.5f},
                  {5, 5, 5, 5, 5},
                  {},
                  "by hand",
                  {{7, -1, 8, -1, 9, -1, 10, -1, 6, -1},
                   {-1, -1, 0, -1, 1, -1, 2, -1, 3, -1, 4, -1, 5, -1, 6, -1, 6, -1, 6, -1, 7, -1}}};
  const WordVectors words(std::move(table));
  const auto reading = [&](const std::string& text) { return read_instruction(text, kCards, words).data(); };
  CHECK(reading("hammers or saws") == "tools[0,1]");
  CHECK(reading("sledges or saws") == "tools[0,1]");
  for (const char* text : {"hammers or wrenches", "tell wrenches from hammers and saws", "a hammer, a saw, a wrench"}) {
    INFO(text);
    CHECK(error_id([&] { reading(text); }) == "instruction.classes");
  }
}

TEST_CASE("numbers beside another set's classes are labels where they are listed, and else nothing", "[reading]") {
  const Card shapes{"shapes9", {"ring", "bar", "cone"}, "shapes", {"shape"}, {}};
  const auto reading = [&](const std::string& text) { return read_instruction(text, {shapes, kCards[1]}, {}).data(); };
  CHECK(reading("shapes9 0 & 2") == "shapes9[0,2]");
  CHECK(reading("only 0 and 2 from shapes9") == "shapes9[0,2]");
  CHECK(reading("shapes9 class zero and class two only") == "shapes9[0,2]");
  CHECK(reading("Year 2: shapes9") == "shapes9");
  CHECK(reading("shapes9 {0,2}") == "shapes9[0,2]");
}
