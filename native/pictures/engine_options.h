// Options of the commands that run the engine on pictures, and of those that walk folders.
#pragma once

#include <string>

#include "native/base/command_line.h"
#include "native/pictures/picture_walk.h"
#include "shared/face/finder.h"
#include "shared/image/decode.h"

namespace ag {

inline constexpr int kMaxThreads = 1024;

// Options of every command that runs the engine on pictures.
struct EngineArguments {
  std::string model;     // empty: the default one
  std::string detector;  // empty: the default one
  int threads = 0;       // 0: one per physical core
  FindOptions find;
  DecodeLimits limits;

  int ThreadCount() const;
};
void AddEngineOptions(CommandLine* line, EngineArguments* arguments);

// Which files in folders are used, and whether unreadable pictures are a failure.
struct FolderArguments {
  FolderOptions options;
  bool strict = false;
};
void AddFolderOptions(CommandLine* line, FolderArguments* arguments);

// Prints the closing line about what folders left out. Returns whether that is a failure.
bool ReportLeftOut(const LeftOut& left_out, bool strict);

}  // namespace ag
