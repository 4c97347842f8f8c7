// ag_native predict --frames: an ordered series of pictures, treated as a video.
#pragma once

#include <string_view>

#include "native/base/command_line.h"
#include "native/run/picture_run.h"
#include "shared/base/status.h"

namespace ag {

struct FramesArguments {
  bool enabled = false;
  int search_every = 15;
  int track_memory = 30;
};

// Call after the options of `predict` have been added: those that cannot be combined with --frames
// are refused by name.
void AddFramesOptions(CommandLine* line, FramesArguments* arguments);

// The inputs in order: files, folders (their pictures in natural order, so that frame2 comes before
// frame10), and "-" for pictures one after the other on standard input. One record per frame,
// written as soon as it is made. A few pictures are decoded ahead. Returns the exit code; a user's
// interrupt takes effect after the current frame.
StatusOr<int> RunFrames(const RunArguments& run, const FramesArguments& frames);

// Whether `a` comes before `b` if each run of digits counts as one number.
bool NaturallyBefore(std::string_view a, std::string_view b);

}  // namespace ag
