// The commands of a program, as they register themselves: each in a file of its own, none known to
// main(). A new one is its file, and the file's line in the program's CMakeLists.txt:
//
//   const Command kPredict({.name = "predict", .summary = "...", .run = RunPredict});
//
// The file must be one of the program itself or of an OBJECT library: a linker leaves those files
// of an archive out that nobody refers to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ag {

// Blocks of the help, in its order.
enum class CommandGroup : uint8_t {
  kPictures,  // faces in pictures
  kAccuracy,  // how good a model is
  kFiles,     // what files hold, and showing them
  kPage,      // for those who work on the engine and the page
  kModels,    // making models
  kProgram,   // the program itself
};

struct CommandEntry {
  std::string_view name;
  std::string_view summary;  // one line of the help
  CommandGroup group = CommandGroup::kPictures;
  int place = 0;                           // in the group
  int (*run)(int argc, char** argv) = {};  // argv[0] is the command's name; the exit code
  std::string_view alias = {};             // another spelling or a former name
  bool has_options = true;   // else `help NAME` is the program's help, not `NAME --help`
  bool own_signals = false;  // a program of its own, which decides itself about signals
};

// Puts an entry on the list, before main() and without taking memory. Lives as long as the program.
class Command {
 public:
  explicit Command(const CommandEntry& entry);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

 private:
  friend std::vector<CommandEntry> AllCommands();
  const CommandEntry entry_;
  const Command* const next_;
};

// In the order of the help: by group, place, name.
std::vector<CommandEntry> AllCommands();

// By name or by its other spelling; nullptr if there is none.
const CommandEntry* FindCommand(const std::vector<CommandEntry>& commands, std::string_view name);

// "  NAME    SUMMARY\n" each, the names padded to `width`.
std::string CommandList(const std::vector<CommandEntry>& commands, size_t width);

// " (did you mean 'predict'?)" or nothing (suggest.h).
std::string DidYouMeanCommand(const std::vector<CommandEntry>& commands, std::string_view name);

}  // namespace ag
