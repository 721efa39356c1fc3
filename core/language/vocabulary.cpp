#include "vocabulary.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "architecture_kinds.hpp"
#include "characters.hpp"

namespace weightloom {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::unordered_set<std::string> set_of(std::string_view text) {
  const auto words = words_of(text);
  return {words.begin(), words.end()};
}

// Of a few words between spaces.
bool one_of(std::string_view word, std::string_view list) {
  if (word.empty()) return false;
  for (auto at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

constexpr std::string_view kFunctionWords =
    "a an the this that these those some any each every all both few many much more most other another such same own "
    "of to in "
    "into on onto for with by at as from than about over under up down out off through between against among across "
    "after "
    "before since during per via mr mrs ms and or nor but if then else so because while whether either neither is am "
    "are was "
    "were be "
    "been "
    "being do does did doing done have has had having can could may might must shall should will would i me my mine we "
    "us our "
    "ours you your yours he him his she her hers it its they them their theirs who whom whose which what where when "
    "why how "
    "here there not no yes too very just only also even still yet again ever never always often now please pls plz "
    "thanks "
    "thank hello hi hey dear let lets need needs want wants like likes wish would give gives gimme get gets got make "
    "makes made "
    "making take takes put puts go goes come comes create build train trained generate write produce i'd i'm i've i'll "
    "we're "
    "we've we'd let's it's don't doesn't can't won't that's there's what's able one's used using use etc etcetera "
    "usually "
    "especially something someone somebody anything anyone everything everyone nothing well really quite rather maybe "
    "perhaps nobody suchlike plus sir sirs madam inclusive inclusively "
    "sort-of kind-of otherwise elsewise though although whereas ok okay ah oh um whatever whichever "
    // as people write to each other
    "reckon suppose think thinks believe believes guess guesses hope hopes wonder mind matter matters care ought shall "
    "settle "
    "teh wot wat yo mate pal carry carries hasn't thru till til n r u ur y w thx ty cuz coz bc dunno wanna "
    "gonna gotta kinda "
    "sorta "
    "lemme smth sth tho "
    "lol tbh btw tldr tl dr "
    // in other Englishes
    "nowt owt nuffin nothin summat summit abeg oga wey dey wetin una lah leh lor meh anot wah yous yer yez "
    "asap cannot "
    "could've "
    "would've should've isn't aren't wasn't doesn't didn't haven't hasn't shan't couldn't wouldn't shouldn't mustn't "
    "i'm "
    "you're they're he's she's who's here's how's where's you'd they'd he'd she'd you'll they'll he'll she'll it'll "
    "you've they've within upon beyond beneath underneath toward towards throughout amid amongst alongside";

constexpr std::string_view kGenericWords =
    "model net network neural classifier classify classification weight parameter layer deep small tiny large big "
    "little image "
    "imagery picture crop cropped pic photo photograph photography foto snap thumbnail snapshot recognise recognize "
    "recogniser "
    "recognizer recognition tell apart label labelled "
    "sort sorted sorter sorting separate separation distinguish differentiate discriminate identify identification "
    "detect "
    "detector "
    "determine decide predict prediction task benchmark dataset data set kind type category class thing object sample "
    "example "
    "suited suitable deliver "
    "good best better accurate accuracy precise quick quickly fast rough draft grey gray greyscale grayscale colour "
    "color "
    "piece line app application machine learning ai artificial intelligence system program programme tool software "
    "camera user "
    "customer client people person job work project help say know see look show run find choose pick sure possible new "
    "old "
    "simple plain short long lot bunch stuff way time day today tomorrow year week thank name question answer work "
    "based "
    "able difference different correct right wrong compare comparison train training vision visual pixel resolution "
    "low high "
    "quality binary automatic automatically several various item architecture member hidden unit neuron channel block "
    "wide "
    "depth width size budget less least fewer maximum minimum skip connection conv multi-layer feed-forward dense "
    "connected fully attention patch head layered shortcut fit chip instance auto hundred thousand million dozen "
    "thirty forty fifty "
    "sixty seventy "
    "eighty ninety lakh crore bot remaining remain remainder leftover leftovers lump true false "
    "accurately everyday rgb coloured colored colourful colorful power feasible doable manageable achievable realistic "
    "capable ability "
    "capability manage cope remit";

constexpr std::array<std::string_view, 21> kNumbers{
    "zero",     "one",     "two",     "three",     "four",     "five",     "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};

}  // namespace

bool is_function_word(std::string_view word) {
  static const auto words = set_of(kFunctionWords);
  return words.contains(std::string(word));
}

const std::vector<std::string>& function_words() {
  static const auto words = words_of(kFunctionWords);
  return words;
}

const std::vector<std::string>& generic_words() {
  static const auto words = [] {
    auto all = words_of(kGenericWords);
    for (const auto& kind : architecture_kinds())
      for (const auto& call : kind.calls)
        if (call.find_first_of(" -") == std::string::npos) all.push_back(call);
    return all;
  }();
  return words;
}

bool is_generic_word(std::string_view term) {
  static const std::unordered_set<std::string> words(generic_words().begin(), generic_words().end());
  return words.contains(std::string(term));
}

bool is_negation(std::string_view word) {
  return one_of(
      word,
      "no not none neither without except excluding exclude excludes nor ignoring ignore skip skipping omit omitting "
      "leave leaving minus barring sans non disregard disregarding eliminate eliminating");
}

bool is_foreign(std::string_view word) {
  return one_of(
      word,
      "le la les un une des du de et je il ma mon mes ce cette pour avec el los las una y para por con que der das "
      "und ein eine einen ich mit für lo gli di che het een och att som jag");
}

bool is_denial(std::string_view word) {
  return one_of(word, "no not none neither nor non");
}

bool is_exclusion(std::string_view word, std::string_view next) {
  return (word == "other" && next == "than") || (word == "aside" && next == "from") ||
         (word == "exception" && next == "of") || (word == "never" && one_of(next, "mind a an any the")) ||
         (word == "rule" && next == "out") || (word == "forget" && one_of(next, "the about")) ||
         (word == "less" && one_of(next, "the any all")) || (word == "instead" && next == "of") ||
         (word == "bothered" && one_of(next, "with about")) || (word == "spare" && one_of(next, "me us")) ||
         (word == "dispense" && next == "with") || (word == "rather" && next == "than") ||
         (one_of(word, "replacement substitute") && next == "for") || (word == "successor" && next == "to") ||
         (one_of(word, "replace replaces replaced replacing supersedes superseded") && !one_of(next, "by with"));
}

bool is_sparing(std::string_view word, std::string_view next) {
  return one_of(word, "bar but except save barring excepting") || (word == "other" && next == "than") ||
         (one_of(word, "apart aside") && next == "from");
}

bool is_containing(std::string_view word) {
  return one_of(word, "include including contain containing have having use using show showing");
}

bool is_aside(std::string_view word) {
  return one_of(word, "aside excluded excepted omitted");
}

bool is_removed(std::string_view word, std::string_view next) {
  return one_of(word, "removed dropped discarded") || (one_of(word, "taken left thrown cut") && next == "out");
}

bool is_dropping(std::string_view word, std::string_view next) {
  return one_of(word, "drop dropping discard discarding ditch ditching scrap scrapping strike striking") ||
         (one_of(word, "throw throwing chuck chucking toss tossing kick kicking take cut bin strike cross weed") &&
          one_of(next, "out away off aside")) ||
         (one_of(word, "chuck toss bin axe nix cull junk") && one_of(next, "the all any every those")) ||
         (one_of(word, "rid shot") && next == "of") || (word == "away" && next == "with");
}

bool is_holding(std::string_view word, std::string_view next) {
  return one_of(word, "hold lose") && next == "the";
}

bool is_interest(std::string_view word) {
  return one_of(word, "interested interest need use call room place demand keen concerned");
}

bool is_unwanted(std::string_view word) {
  return one_of(word,
                "want wanted need needed used care mean like stock sell carry keep handle without for with about skip "
                "ignore required included welcome allowed relevant interested in");
}

bool is_wanting(std::string_view word) {
  return one_of(word, "i we you they he she i'm we're they're");
}

bool is_wishing(std::string_view word) {
  return one_of(word,
                "want wanted need needed like mean meant ask asking for to say request after am are was were do "
                "really actually would have wish order ordering");
}

bool is_confining(std::string_view word) {
  return one_of(word, "stick sticking keep narrow narrowed down limit limited restrict restricted confine confined");
}

bool is_rest_of_all(std::string_view word) {
  return one_of(word, "rest others everything remainder leftovers leftover");
}

bool is_lumping(std::string_view word) {
  return one_of(word, "lump lumping bundle group put throw call treat");
}

bool is_parting(std::string_view word) {
  return word.starts_with("tell") || one_of(word, "told know set sets keep keeps kept pull pick picks picked");
}

bool is_less(std::string_view word) {
  return one_of(word, "less fewer lower smaller below under down downwards downward");
}

bool is_more(std::string_view word) {
  return one_of(word, "more greater higher bigger larger above over up upwards upward onwards onward");
}

std::optional<NumberBound> bound_before(std::int64_t number, std::string_view third, std::string_view second,
                                        std::string_view first) {
  // "No less than four" is four and more, "never above six" six and less.
  const bool denied = one_of(first == "than" ? third : second, "no not never nothing");
  if (one_of(first, "below under beneath")) return NumberBound{number, !denied, denied};
  if (one_of(first, "above over beyond exceeding")) return NumberBound{number, denied, denied};
  if (first == "most" || one_of(first, "maximum max")) return NumberBound{number, true, true};
  if (first == "least" || one_of(first, "minimum min")) return NumberBound{number, false, true};
  if (first == "to" && second == "up") return NumberBound{number, true, true};
  if (first != "than" || !(is_less(second) || is_more(second))) return std::nullopt;
  return NumberBound{number, is_less(second) != denied, denied};
}

std::optional<NumberBound> bound_after(std::int64_t number, std::string_view word) {
  if (is_more(word)) return NumberBound{number, false, true};
  if (is_less(word)) return NumberBound{number, true, true};
  return std::nullopt;
}

bool is_numbered_place(std::string_view word) {
  return one_of(word, "counter room page lane route gate platform bay ward floor chapter");
}

bool is_not_wanted(std::string_view word, std::string_view next) {
  return (one_of(word, "don't dont doesn't didn't never") &&
          one_of(next, "want wants need needs care mean like stock sell carry keep have use handle")) ||
         (word == "never" && one_of(next, "carry carries stock stocks sell sells contain contains include includes"));
}

bool is_place_before(std::string_view word) {
  return one_of(word, "on off in at inside onto within per");
}

bool is_pointing(std::string_view word) {
  return one_of(word, "here there over");
}

bool is_beside(std::string_view word) {
  return one_of(word, "by near beside behind under beneath above over");
}

bool is_contrast(std::string_view word) {
  return one_of(word, "from or vs versus v against opposed than which whether");
}

bool is_versus(std::string_view word) {
  return one_of(word, "vs versus v against opposed");
}

bool is_joint(std::string_view word) {
  return one_of(word, "and n plus");
}

bool is_telling_apart(std::string_view word) {
  return one_of(word,
                "between apart only just merely solely exclusively purely alike confuse confuses confused confusing "
                "muddled mix mixed mixing mistake "
                "mistakes "
                "mistaken "
                "differ difference differences differentiate distinguish distinguishes distinguishing discriminate "
                "distinction separate separates separating separated told split toss-up");
}

bool is_open_before(std::string_view word) {
  return one_of(word, "like such include includes including included eg example instance");
}

bool is_open_after(std::string_view word) {
  return one_of(word,
                "etc etcetera suchlike everything anything whatever whatnot other others such like forth any rest "
                "usual more else");
}

bool is_all(std::string_view word) {
  return one_of(word, "all any the nothing everything anything something every some");
}

bool is_restriction(std::string_view word) {
  return one_of(word, "only just solely merely exclusively purely nothing");
}

bool is_alone_after(std::string_view word) {
  return one_of(word, "only alone exclusively solely purely");
}

bool is_forbidden(std::string_view word) {
  return one_of(word, "banned forbidden barred prohibited disallowed excluded out away");
}

bool is_admitted(std::string_view word) {
  return one_of(word, "allowed permitted admitted used appear turn show included be wanted welcome");
}

bool is_any_thing(std::string_view word) {
  return one_of(word, "anything whatever everything all those what");
}

bool is_verdict(std::string_view word) {
  return one_of(word, "is are counts count goes go can may no");
}

bool is_detecting(std::string_view word) {
  return one_of(word, "detect detects detecting spot spots spotting find finds finding flag flags notice notices");
}

bool is_detector(std::string_view word) {
  return one_of(word, "detector finder alarm");
}

bool is_kind(std::string_view word) {
  return one_of(word, "class classes kind kinds type types sort sorts category categories");
}

bool is_which(std::string_view word) {
  return one_of(word, "which what what's whats kind type sort");
}

bool is_shorthand(std::string_view word, std::string_view next) {
  constexpr std::string_view kVerbs =
      "tell see sort know read classify spot recognise recognize find get check help pick separate identify decide "
      "look say be do make choose label name detect work train";
  return (word == "2" && one_of(next, kVerbs)) ||
         (word == "4" &&
          one_of(next, "a the this these those my our his her their telling sorting reading spotting me us"));
}

bool is_picture(std::string_view word) {
  return one_of(
      word,
      "picture pictures pic pics image images imagery photo photos photograph photographs snap snaps snapshot "
      "snapshots thumbnail thumbnails drawing drawings painting scan scans");
}

bool is_coloured(std::string_view word) {
  return one_of(word, "colour color coloured colored colourful colorful rgb");
}

bool is_pile(std::string_view word) {
  return one_of(word,
                "pile piles box boxes heap heaps bin bins stack stacks drawer drawers shelf shelves basket baskets "
                "folder folders tray trays chute chutes bucket buckets crate crates rail rails pigeonhole pigeonholes");
}

bool is_sorting(std::string_view word) {
  return one_of(word,
                "sort sorts sorted sorting split splits splitting divide divides divided dividing group groups grouped "
                "grouping separate separates separating classify classifies classifying categorise categorize "
                "organise organize arrange");
}

bool is_making(std::string_view word) {
  return one_of(word, "generate create make");
}

bool is_drawing(std::string_view word) {
  return one_of(word, "invent draw paint design imagine");
}

bool is_family(std::string_view word) {
  return one_of(word, "equine feline canine avian amphibian");
}

bool is_range(std::string_view word) {
  return one_of(word, "to through thru until till til");
}

bool is_nothing(std::string_view word) {
  return one_of(word, "nothing nowt nuffin nothin naught");
}

bool is_outcome(std::string_view word) {
  return one_of(word, "output outputs outcome outcomes answer answers way ways group groups option options one");
}

std::optional<std::int64_t> ordinal_of(std::string_view word) {
  constexpr std::array<std::string_view, 8> kOrdinals{"third",   "fourth", "fifth", "sixth",
                                                      "seventh", "eighth", "ninth", "tenth"};
  const auto found = std::ranges::find(kOrdinals, word);
  return found == kOrdinals.end() ? std::nullopt : std::optional<std::int64_t>(found - kOrdinals.begin() + 3);
}

bool is_counterpart(std::string_view word) {
  return one_of(word,
                "second negative negatives against compare compared comparison contrast counterpart counterparts "
                "opposite alternative alternatives");
}

bool is_label(std::string_view word) {
  return one_of(word, "label labels class classes index indices indexes id ids numbered");
}

bool is_item(std::string_view word) {
  return one_of(word, "item items number numbers nos category categories type types");
}

bool is_partitive(std::string_view word) {
  return one_of(word, "bit piece item article manner form");
}

bool is_flawed(std::string_view word) {
  return one_of(word,
                "worn scuffed torn ripped frayed stained dirty muddy filthy soiled smelly faded creased crumpled "
                "wrinkled rumpled dented scratched rusty rusted chipped cracked broken battered damaged faulty tatty "
                "shabby threadbare old used second-hand wet damp unwashed unironed folded blurred blurry smudged "
                "illegible unreadable crooked sideways tilted inverted wonky");
}

bool is_sound(std::string_view word) {
  return one_of(word,
                "new whole clean washed ironed pressed dry intact undamaged unworn unused mint pristine good fine "
                "spotless shiny polished legible readable sharp crisp straight upright unfolded tidy");
}

bool is_flaw(std::string_view word) {
  return one_of(
      word,
      "hole holes crack cracks stain stains dent dents scratch scratches tear tears rip rips scuffs rust mould crease "
      "creases missing flat puncture");
}

bool is_comparative(std::string_view word) {
  return one_of(word,
                "faster slower quicker swifter heavier lighter dearer cheaper costlier pricier older elder newer "
                "younger bigger smaller larger taller shorter longer higher lower warmer colder hotter cooler stronger "
                "weaker tougher safer cleverer smarter brighter louder quieter noisier deadlier tastier prettier nicer "
                "better worse more less further farther rarer commoner softer harder greener cleaner deeper thicker "
                "thinner wider fatter braver friendlier healthier comfier sturdier rounder");
}

bool is_ranking(std::string_view word) {
  return one_of(
      word,
      "cost costs weigh weighs weighed live lives last lasts sell sells run runs go goes jump jumps fly flies "
      "swim swims travel travels eat eats smell smells taste tastes wear wears sleep sleeps grow grows use uses");
}

bool is_other_task(std::string_view word) {
  return one_of(word,
                "count counting locate segment segmentation bounding upscale upscaling upsample upsampling "
                "denoise denoising deblur deblurring inpaint inpainting colourise "
                "colorize");
}

const std::vector<std::string>& verbs_of_telling() {
  static const auto verbs = words_of(
      "tell distinguish recognize recognise identify classify categorize sort separate name label read detect spot "
      "say determine guess describe transcribe type digitize digitise convert find know decide pick part group split "
      "divide "
      "sift automate flag notice teach understand learn handle process");
  return verbs;
}

const std::vector<std::string>& verbs_of_other_tasks() {
  static const auto verbs = words_of(
      // reckoning
      "calculate compute add subtract multiply sum total average count rank rate compare match "
      // making
      "invent design draw paint sketch imagine compose generate write "
      // changing
      "restore repair sharpen blur enlarge shrink crop erase remove replace swap colorize colourise straighten "
      "compress "
      "clean cut alter transform "
      // measuring
      "measure weigh estimate price "
      // places
      "locate outline trace track follow box highlight "
      // advice
      "recommend suggest advise");
  return verbs;
}

bool is_question_for_kind(std::string_view word) {
  return one_of(
      word,
      "which what what's whats wat wot whether kind type sort category class classes kinds types sorts categories");
}

bool is_politeness(std::string_view word) {
  return one_of(word,
                "please pls plz kindly try just now then and so hello hi hey ok okay dear could can would will you");
}

bool is_before_verb(std::string_view word) {
  return one_of(word, "you to that which it can must should will would please pls kindly");
}

bool is_determiner(std::string_view word) {
  return one_of(word,
                "the a an this that these those my our your his her their its every each all both any some me us two");
}

bool is_person(std::string_view word) {
  return one_of(word,
                "person people kids kid writer author man woman men women boy girl child children adult clerk teacher "
                "pupil student mother father left-handed right-handed left-hander right-hander someone");
}

bool is_sequence(std::string_view word) {
  return one_of(word, "ascending descending increasing decreasing numerical numeric alphabetical chronological");
}

bool is_text(std::string_view term) {
  return (is_writing(term) && term != "number") ||
         one_of(term, "word name surname address paragraph essay poem diary prescription");
}

bool is_purpose(std::string_view word) {
  return one_of(word, "job task purpose aim goal work role duty business function");
}

bool is_wrote(std::string_view word) {
  return one_of(word, "wrote writes penned drew signed designed");
}

bool is_leaving(std::string_view word) {
  return one_of(word, "left made laid built dug makes builds digs lays");
}

bool is_penmanship(std::string_view word) {
  return one_of(word, "hand handwriting pen writing");
}

bool is_matching(std::string_view word) {
  return one_of(word, "go goes going look looks wear match matches suit suits pair pairs fit fits");
}

bool is_attribute(std::string_view word) {
  return one_of(word,
                "breed breeds species brand make maker designer price cost age gender sex mood owner weight speed "
                "height length condition sum total average product difference nationality race religion handedness "
                "occupation profession "
                "personality temper state");
}

bool is_feature(std::string_view word) {
  return one_of(word, "size colour color fabric material weight age price cost brand breed gender length height speed");
}

bool is_possessive(std::string_view word) {
  return one_of(word, "my our your his her their");
}

bool is_possession(std::string_view word) {
  return one_of(word, "mine ours yours hers theirs");
}

bool is_script(std::string_view word) {
  return one_of(
      word,
      "devanagari bengali bangla hindi sanskrit tamil telugu gujarati gurmukhi punjabi kannada malayalam "
      "marathi odia sinhala urdu persian farsi indic thai lao khmer burmese tibetan mongolian chinese "
      "japanese korean kanji hangul hebrew greek cyrillic amharic ethiopic mayan babylonian sumerian egyptian "
      "cuneiform braille roman eastern-arabic");
}

bool is_of_script(std::string_view word) {
  return one_of(word, "script numeral numerals digit digits number numbers figure figures numbering notation");
}

bool is_putting(std::string_view word) {
  return one_of(word, "go goes belong belongs put hang sort land lands");
}

bool is_game(std::string_view word) {
  return one_of(word, "match game final semifinal cup league innings cricket football");
}

bool is_clip(std::string_view word) {
  return one_of(word, "clip clips file files track tracks");
}

bool is_noting(std::string_view word) {
  return one_of(word, "with write writes wrote written writing note notes noted noting jot jots jotted down scribble");
}

bool is_denied_being(std::string_view word) {
  return one_of(word, "not isn't aren't ain't isnt arent don't doesn't dont doesnt");
}

bool is_instrument(std::string_view word) {
  return one_of(
      word,
      "microphone mic waveform spectrogram accelerometer gyroscope lidar radar sonar eeg ecg emg spreadsheet csv "
      "tabular");
}

bool is_signal(std::string_view word, std::string_view next) {
  return one_of(word, "sensor voice speech phone telephone") &&
         (one_of(next, "recording recordings message messages command commands call calls") ||
          (word == "sensor" && one_of(next, "reading readings data signal signals value values")));
}

bool is_speaking(std::string_view word) {
  return one_of(word, "speak speaks spoke pronounce pronounces utter utters dictate dictates");
}

bool is_speaker(std::string_view word) {
  return is_person(word) ||
         one_of(word, "i we you they he she people user users caller callers customer customers somebody who");
}

bool is_reckoned(std::string_view word) {
  return one_of(word, "sum total product difference quotient average mean");
}

bool is_reckoning(std::string_view word) {
  return one_of(word,
                "add adds added adding multiply multiplies multiplying subtract subtracts subtracting sum divide");
}

bool is_reckoning_sign(std::string_view word) {
  return one_of(word, "+ - * / ^ plus minus times");
}

bool is_power(std::string_view word) {
  return one_of(word, "squared cubed");
}

bool is_enlarging(std::string_view word) {
  return one_of(word, "blow scale upscale zoom enhance");
}

bool is_comparing(std::string_view word) {
  return one_of(word, "like unlike than");
}

bool is_changed(std::string_view word) {
  return one_of(word, "bigger larger smaller sharper clearer crisper brighter darker smoother prettier nicer");
}

bool is_telling_result(std::string_view word) {
  return one_of(word,
                "output outputs print prints give gives return returns show shows tell tells say says me compute");
}

bool is_whole_set(std::string_view word) {
  return one_of(word, "dataset data set one ones lot task benchmark classification recognition");
}

bool is_recording(std::string_view word) {
  return one_of(word, "recording recordings audio sound sounds noise noises ear");
}

bool is_turning(std::string_view word) {
  return one_of(word, "turn transform convert make change");
}

bool is_particle(std::string_view word) {
  return one_of(word, "up out in off together down");
}

bool is_clause_word(std::string_view word) {
  return one_of(word, "that which who and or but between if is are r was were to so because when while into by as");
}

bool is_maker(std::string_view word) {
  return one_of(
      word,
      "net network networks bot model classifier program programme app application tool system software weights "
      "something thing recogniser recognizer sorter detector labeller reader code resnet cnn vit mlp convnet "
      "perceptron transformer");
}

bool is_being(std::string_view word) {
  return one_of(word, "is are was were");
}

bool is_asking(std::string_view word) {
  return one_of(word, "do does did would will should");
}

bool is_showing(std::string_view word) {
  return one_of(word, "show shows say says see sees contain contains have has hold holds look looks read reads");
}

bool is_property(std::string_view word) {
  return one_of(word, "colour color size way time day year quality resolution");
}

bool is_quality(std::string_view word) {
  return one_of(word, "well good bad accurate accurately precise precisely often long soon");
}

bool is_extent(std::string_view word) {
  return one_of(word, "old high low big large small wide");
}

bool is_whole(std::string_view word) {
  return one_of(word, "whole entire complete full");
}

bool is_writing(std::string_view term) {
  return one_of(term, "page sheet form document text book letter note number line word sentence address list");
}

bool is_setting(std::string_view word) {
  return one_of(word, "depth width seed epochs batch size rate dropout heads patch kernel stride");
}

bool is_saying(std::string_view word) {
  return one_of(word,
                "of is are was be being should shall must will would may might can could ought needs has to at equals "
                "equal set fixed also comes goes reaches stays exactly");
}

bool is_result(std::string_view word) {
  return one_of(
             word,
             "model models network networks net nets classifier classifiers recogniser recognizer baseline baselines "
             "result results score scores benchmark checkpoint weights solution reader sorter") ||
         is_kind_of_network(word);
}

bool is_yes(std::string_view word) {
  return one_of(word, "yes yep yeah yea aye y true");
}

bool is_no(std::string_view word) {
  return one_of(word, "no nope nay n false");
}

bool is_numbered_name(std::string_view word) {
  return word == "cifar";
}

bool is_no_network(std::string_view word) {
  return is_other_data_set(word) ||
         one_of(word,
                "subnet telnet botnet skynet dotnet usenet intranet wordnet extranet hairnet fishnet darknet janet "
                "bennet barnet burnet garnet monet manet jeannet platformer outperformer underperformer");
}

bool is_sign(std::string_view term) {
  return one_of(term,
                "sign symbol shorthand signature punctuation comma semicolon apostrophe bracket parenthesis operator "
                "emoji hieroglyph glyph rune note notation clef doodle tick asterisk arrow");
}

bool is_of_letters(std::string_view term) {
  const auto letters = std::ranges::find(other_subjects(), "letters", &Subject::name);
  return std::ranges::find(letters->terms, term) != letters->terms.end();
}

bool is_scribing(std::string_view term) {
  return is_penmanship(term) ||
         one_of(term, "handwritten hand-written hand-lettered handwriting ink scrawl score arithmetic");
}

bool is_network_part(std::string_view word) {
  return one_of(
      word,
      "layer layers block blocks deep level levels unit units neuron neurons channel channels wide filters nodes "
      "weight weights "
      "parameter parameters param params hundred thousand million lakh lakhs");
}

std::optional<std::int64_t> number_of(std::string_view word) {
  const auto known = [](std::string_view text) -> std::optional<std::int64_t> {
    if (const auto found = std::ranges::find(kNumbers, text); found != kNumbers.end()) return found - kNumbers.begin();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number < static_cast<std::int64_t>(kNumbers.size()) ? std::optional(number) : std::nullopt;
  };
  if (const auto number = known(word)) return number;
  if (word.ends_with("es"))
    if (const auto number = known(word.substr(0, word.size() - 2))) return number;
  return word.ends_with('s') ? known(word.substr(0, word.size() - 1)) : std::nullopt;
}

bool is_numeral(std::string_view term) {
  return one_of(term, "digit number numeral figure");
}

bool is_beyond_digit(std::string_view word) {
  const auto number = number_of(word);
  if (is_compound_number(word)) return true;
  return number ? *number > 10 : word.size() > 1 && std::ranges::all_of(word, is_digit);
}

bool is_compound_number(std::string_view word) {
  const auto hyphen = word.find('-');
  return hyphen != std::string_view::npos && word.substr(0, hyphen).ends_with("ty") &&
         number_of(word.substr(hyphen + 1));
}

bool is_sum_of_money(std::string_view word) {
  const auto point = word.find('x');
  return point != std::string_view::npos && point > 0 && word.size() == point + 3 &&
         std::ranges::all_of(word.substr(0, point), is_digit) && std::ranges::all_of(word.substr(point + 1), is_digit);
}

bool is_several(std::string_view word) {
  const auto number = number_of(word);
  return (number && *number > 1) || one_of(word, "double triple multi multiple");
}

std::string number_word(std::int64_t number) {
  return std::string(kNumbers[static_cast<std::size_t>(number)]);
}

const std::vector<std::string>& other_data_sets() {
  static const auto names = [] {
    auto all = words_of(
        "svhn street_view_house_number cifar100 cifar_100 cifar_hundred cifar_one_hundred cifar_a_hundred cifar20 "
        "cifar_20 cifar10_c cifar_10_c imagenet image_net imagenette imagewoof ilsvrc mscoco ms_coco celeba omniglot "
        "stl10 "
        "stl_10 caltech101 caltech_101 caltech256 caltech_256 pascal_voc voc2007 voc2012 oxford_pet oxford_iiit "
        "oxford_flower flowers102 flower_102 flowers_102 food101 food_101 stanford_car stanford_dog deepfashion "
        "deep_fashion fgvc eurosat resisc45 gtsrb cub_200 cub200 places365 places_365 sun397 lfw vggface ffhq lsun "
        "cityscapes kitti open_image objectnet inaturalist plantvillage chexpert ham10000 camelyon norb smallnorb "
        "coil100 "
        "coil_100 shapenet modelnet flickr30k flickr8k afhq animals10 animals_10 mvtec quickdraw imdb ade20k "
        "visual_genome clothing1m");
    // Names of something else, too.
    for (const char* name : {"coco", "usps", "caltech", "voc", "places", "iris", "titanic", "flickr"})
      for (const char* what : {"dataset", "data", "benchmark", "corpus", "challenge", "image", "digit", "class"})
        all.push_back(std::string(name) + '_' + what);
    for (const char* kind : {"extended", "kuzushiji", "kannada", "medical", "language", "moving", "colored", "coloured",
                             "audio", "spoken", "rotated", "letters", "balanced", "double", "multi"})
      all.push_back(std::string(kind) + "_mnist");
    return all;
  }();
  return names;
}

bool is_other_data_set(std::string_view term) {
  return term.ends_with("mnist") || std::ranges::find(other_data_sets(), term) != other_data_sets().end();
}

const std::vector<Subject>& other_subjects() {
  static const std::vector<Subject> subjects = [] {
    std::vector<Subject> out;
    for (const auto& [name, terms] : std::initializer_list<std::pair<const char*, std::string_view>>{
             {"medicine",
              "medicine disease diagnosis x-ray tumour skin lesion cell blood pneumonia mri cancer bird_flu"},
             {"language", "language translate translation text document e-mail spam sentence sentiment"},
             {"letters",
              "letter alphabet vowel consonant character kanji symbol glyph capital_letter upper-case uppercase "
              "lower-case lowercase "
              "roman_numeral plus_sign minus_sign equals_sign"},
             {"sound", "sound music song audio melody"},
             {"money", "stock_market finance economy currency coin banknote fraud credit_card"},
             {"plants", "plant flower leaf tree crop mushroom weed dog_rose"},
             {"food", "food dish meal fruit vegetable hot_dog horse_radish"},
             {"people", "face portrait emotion gender"},
             {"places", "city landscape satellite map skyscraper"},
             {"roads", "traffic traffic_sign road_sign signpost number_plate licence_plate license_plate"},
             {"faults", "defect flaw circuit machine crack"},
             {"space", "star galaxy planet"},
             {"identity", "signature autograph fingerprint passport"},
             {"sport", "sport cricket football soccer rugby tennis wicket test_match"},
             {"films", "movie film review actor"},
             {"weather", "weather rain cloud"},
             {"homes", "furniture kitchen bedroom"},
             {"kinds of animals", "breed species butterfly insect fish sea_horse"},
             {"forgeries", "forged forgery fake genuine authentic counterfeit"},
             {"science", "chemistry molecule physics protein"},
             {"filler text", "lorem ipsum dolor amet consectetur adipiscing"}})
      out.push_back({name, words_of(terms)});
    return out;
  }();
  return subjects;
}

}  // namespace weightloom
