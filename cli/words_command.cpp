#include "cli/command_groups.hpp"
#include "weightloom/workflow/word_vectors.hpp"

namespace weightloom::cli {
namespace {

struct WordsOptions {
  std::string wordnet = kWordnetFolder, from, out;
};

void declare_words(CLI::App& app, WordsOptions& options) {
  app.add_option("--wordnet", options.wordnet, "Folder with WordNet's database files")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--from", options.from, "Vectors as GloVe and word2vec write them as text, in place of WordNet's")
      ->type_name("FILE")
      ->excludes("--wordnet");
  app.add_option("--out", options.out, "File to write (default: where commands look for it)");
}

Json build_words(Context& context, const WordsOptions& options) {
  const auto out = options.out.empty() ? context.settings().words : std::filesystem::path(options.out);
  const WordVectors words = options.from.empty() ? make_word_vectors(out, options.wordnet, context.progress())
                                                 : import_word_vectors(out, options.from);
  return {{"out", out.string()}, {"words", words.size()}, {"dimensions", words.dimensions()}, {"id", words.id()}};
}

void print_words(Printer& print, const Json& result) {
  print.field("words", format_value(result["words"], Format::kCount) + ", " +
                           format_value(result["dimensions"], Format::kCount) + " numbers each");
  print.field("file", result["out"].get<std::string>());
}

}  // namespace

void add_words_command(CommandTable& table) {
  table.add<WordsOptions>("words build", declare_words, build_words, page(print_words, "out"));
}

}  // namespace weightloom::cli
