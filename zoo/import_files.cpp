// What the paths of an import mean.

#include <algorithm>
#include <map>
#include <set>

#include "glob.hpp"
#include "network_metadata.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kSpecial = "*?[";

// The deepest folder of a glob that has no special character.
fs::path root_of(const std::string& pattern) {
  const auto slash = pattern.rfind('/', pattern.find_first_of(kSpecial));
  if (slash == std::string::npos) return ".";
  return slash == 0 ? fs::path("/") : fs::path(pattern.substr(0, slash));
}

void add_contents(const FolderContents& contents, const fs::path& root, ImportPlan& plan) {
  for (const auto& found : contents.networks) {
    const auto folder = found.path.parent_path().lexically_relative(root);
    plan.files.push_back(
        {found.path, (folder.empty() || folder == "." ? fs::path(found.stem) : folder / found.stem).generic_string(),
         found.shards});
  }
  plan.refused.insert(plan.refused.end(), contents.refused.begin(), contents.refused.end());
  plan.passed_over.insert(plan.passed_over.end(), contents.passed_over.begin(), contents.passed_over.end());
}

// What was exported has the record of the whole network, and may be called anything. Shards of a set have it too, but
// of more values than they hold.
bool has_whole_record(const fs::path& file) try {
  const SafetensorsReader reader(file);
  return recorded_values(reader.metadata()) == reader.values();
} catch (const Error& error) {
  if (error.code() == ErrorCode::kInterrupted) throw;
  return false;
}

// As the Hugging Face hub calls them: by a hash of the content, without an extension while the download is whole.
bool is_hub_blob(const fs::path& path) {
  const auto name = path.filename();
  return is_hex((name.extension() == ".incomplete" ? name.stem() : name).string());
}

// Searches one folder with all that is below it. What cannot be searched is named and does not stop the rest.
class FolderSearch {
 public:
  FolderSearch(fs::path root, std::string pattern, ImportPlan& plan)
      : root_(std::move(root)), pattern_(std::move(pattern)), plan_(plan) {}

  void run() { search(root_); }

 private:
  void search(const fs::path& folder) {
    std::vector<fs::path> files, folders;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      sort(*at, files, folders);
    if (error) refuse(folder, "import.unreadable", error.message());
    take(find_networks(files, has_whole_record));
    leave_out_blobs(folders);
    std::ranges::sort(folders);
    for (const auto& inner : folders) search(inner);
  }

  void sort(const fs::directory_entry& entry, std::vector<fs::path>& files, std::vector<fs::path>& folders) {
    const auto& path = entry.path();
    std::error_code error;
    if (entry.is_directory(error)) {
      if (!pattern_.empty() && !may_match_below(pattern_, path.string())) return;
      // What tools keep for themselves (.git, .cache) is not meant; links to folders may lead in circles.
      const bool hidden = path.filename().string().starts_with('.');
      if (entry.is_symlink(error))
        plan_.passed_over.push_back({path, "import.linked_folder", "it is a link to a folder; name the folder itself"});
      else if (!hidden)
        folders.push_back(path);
      return;
    }
    if (!pattern_.empty() && !path_matches(pattern_, path.string())) return;
    if (entry.is_regular_file(error))
      files.push_back(path);
    else if (is_named_as_weights(path))
      refuse(path, "import.not_a_file",
             entry.is_symlink(error) ? "the link leads to no file" : "it is no regular file");
  }

  // In the cache of the Hugging Face hub the snapshots of a repository are links into its blobs.
  void leave_out_blobs(std::vector<fs::path>& folders) {
    const auto called = [&](std::string_view name) {
      return std::ranges::find_if(folders, [&](const auto& folder) { return folder.filename() == name; });
    };
    const auto blobs = called("blobs");
    if (blobs == folders.end() || called("snapshots") == folders.end() || !holds_hub_blobs(*blobs)) return;
    plan_.passed_over.push_back({*blobs, "import.hub_blobs", "the snapshots beside it are links to what it holds"});
    folders.erase(blobs);
  }

  static bool holds_hub_blobs(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      if (!is_hub_blob(at->path())) return false;
    return true;
  }

  void take(const FolderContents& contents) { add_contents(contents, root_, plan_); }

  void refuse(const fs::path& path, const char* id, std::string why) {
    plan_.refused.push_back({path, id, std::move(why)});
  }

  fs::path root_;
  std::string pattern_;
  ImportPlan& plan_;
};

std::set<std::string> shards_named_by(const fs::path& file) try { return shard_names(file); } catch (const Error&) {
  return {};  // what is wrong with it is told when it is read
}

void add_single(const fs::path& file, ImportPlan& plan) {
  if (is_one_shard_of_several(file) && !has_whole_record(file))
    plan.refused.push_back({file, "weights.incomplete_set",
                            "it is one shard of several beside it; name them all, their index or the folder"});
  else
    plan.files.push_back({file, without_extension(file.filename()), {}});
}

// Files of one folder, as a shell names them one by one: the shards among them are one network all the same.
void add_named(const fs::path& folder, const std::vector<fs::path>& files, ImportPlan& plan) {
  std::set<std::string> shards;
  std::set<fs::path> parts;
  for (const auto& file : files) {
    const auto named = shards_named_by(file);
    if (!named.empty()) parts.insert(file);
    shards.insert(named.begin(), named.end());
  }
  for (const auto& file : files)
    if (is_named_as_shard(file) || shards.contains(file.filename().string())) parts.insert(file);
  if (parts.size() < 2) parts.clear();
  for (const auto& file : files)
    if (!parts.contains(file)) add_single(file, plan);
  add_contents(find_networks({parts.begin(), parts.end()}, has_whole_record), folder, plan);
}

// What several paths lead to.
void take_once(ImportPlan& plan) {
  std::set<fs::path> taken;
  std::erase_if(plan.files, [&](const ImportFile& file) {
    const bool again = !taken.insert(fs::absolute(file.path).lexically_normal()).second;
    if (again) plan.passed_over.push_back({file.path, "import.same_file", "it is named twice, and taken once"});
    return again;
  });
}

using NamedFiles = std::map<fs::path, std::vector<fs::path>>;  // by folder

void add_path(const std::string& path, ImportPlan& plan, NamedFiles& named) {
  const auto before = plan.files.size() + plan.refused.size();
  std::error_code error;
  if (fs::is_directory(path, error)) {
    FolderSearch(path, "", plan).run();
  } else if (fs::exists(path, error)) {
    named[fs::path(path).parent_path()].emplace_back(path);
    return;
  } else if (path.find_first_of(kSpecial) != std::string::npos && fs::is_directory(root_of(path), error)) {
    const auto root = root_of(path);
    FolderSearch(root, root == "." && !path.starts_with("./") ? "./" + path : path, plan).run();
  } else if (fs::status(path, error).type() == fs::file_type::none && error == std::errc::permission_denied) {
    plan.refused.push_back({path, "import.unreadable", error.message()});
    return;
  } else {
    const bool link = fs::is_symlink(path, error);
    throw Error(ErrorCode::kNotFound, "import.no_file", "cannot import '" + path + "'",
                link ? "the link leads to no file" : "there is no such file or folder")
        .at(path);
  }
  if (plan.files.size() + plan.refused.size() == before)
    throw Error(ErrorCode::kNotFound, "import.nothing", "nothing to import at '" + path + "'",
                "no weights file is there", "name a weights file, or a folder or quoted glob that holds some")
        .at(path);
}

}  // namespace

ImportPlan files_to_import(const std::vector<std::string>& paths, const std::string& name) {
  ImportPlan plan;
  NamedFiles named;
  for (const auto& path : paths) add_path(path, plan, named);
  for (const auto& [folder, files] : named) add_named(folder, files, plan);
  take_once(plan);
  std::ranges::sort(plan.files, {}, &ImportFile::path);
  if (!name.empty())
    for (auto& file : plan.files) file.name = plan.files.size() == 1 ? name : name + "/" + file.name;
  return plan;
}

}  // namespace weightloom
