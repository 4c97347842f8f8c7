#include "native/base/command.h"

#include <algorithm>
#include <tuple>

#include "native/base/suggest.h"

namespace ag {
namespace {

// The list that commands put themselves on: initialised before any of them is.
constinit const Command* last_registered = nullptr;

}  // namespace

Command::Command(const CommandEntry& entry) : entry_(entry), next_(last_registered) {
  last_registered = this;
}

std::vector<CommandEntry> AllCommands() {
  std::vector<CommandEntry> commands;
  for (const Command* command = last_registered; command != nullptr; command = command->next_) {
    commands.push_back(command->entry_);
  }
  std::sort(commands.begin(), commands.end(), [](const CommandEntry& a, const CommandEntry& b) {
    return std::tie(a.group, a.place, a.name) < std::tie(b.group, b.place, b.name);
  });
  return commands;
}

const CommandEntry* FindCommand(const std::vector<CommandEntry>& commands, std::string_view name) {
  for (const CommandEntry& command : commands) {
    if (command.name == name || (!name.empty() && command.alias == name)) return &command;
  }
  return nullptr;
}

std::string CommandList(const std::vector<CommandEntry>& commands, size_t width) {
  std::string text;
  for (const CommandEntry& command : commands) {
    const size_t padding = width - std::min(width, command.name.size());
    text += "  " + std::string(command.name) + std::string(padding, ' ') +
            std::string(command.summary) + "\n";
  }
  return text;
}

std::string DidYouMeanCommand(const std::vector<CommandEntry>& commands, std::string_view name) {
  std::vector<std::string> names;
  for (const CommandEntry& command : commands) names.emplace_back(command.name);
  return DidYouMean(name, names);
}

}  // namespace ag
