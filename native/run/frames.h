// ag_native predict --frames: pictures in order, taken as a video.
#pragma once

#include <CLI/CLI.hpp>
#include <string_view>

#include "native/run/picture_run.h"
#include "shared/base/status.h"

namespace ag {

struct FramesArguments {
  bool enabled = false;
  int search_every = 15;
  int track_memory = 30;
};

// To be called when the options of `predict` are there already: those that --frames goes not
// together with are refused by name.
void AddFramesOptions(CLI::App* app, FramesArguments* arguments);

// The inputs in their order: files, folders (their pictures in natural order, so that frame2 comes
// before frame10), and "-" for pictures that follow each other on standard input. One record a
// frame, written as soon as it is made. Pictures are decoded ahead, a few at a time. Returns the
// exit code; the user's interrupt ends it after the frame that is under way.
StatusOr<int> RunFrames(const RunArguments& run, const FramesArguments& frames);

// Whether `a` comes before `b` where digits that follow each other count as one number.
bool NaturallyBefore(std::string_view a, std::string_view b);

}  // namespace ag
