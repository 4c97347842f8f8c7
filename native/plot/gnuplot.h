// Plots: gnuplot, run as a child process on a script with inline data.
//
// What a script may rely on: gnuplot's defaults (no user settings are read), UTF-8, no enhanced
// text (so `_` and `^` in labels are literal), and the variable `plot_width`, in pixels. It sets
// neither terminal nor output: those follow from PlotOptions and the path. Data are passed in the
// script as data blocks ($name << EOD ... EOD).
//
// A script is a program: gnuplot can run commands. Foreign text (labels, file names) enters it only
// through GnuplotQuote, numbers only through GnuplotNumber or std::to_string.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/status.h"

namespace ag {

enum class PlotFormat { kSvg, kPng };

struct PlotOptions {
  int width = 960;  // pixels; an SVG has them as its view box and scales
  int height = 420;
  PlotFormat format = PlotFormat::kSvg;  // RunGnuplot takes it from the path instead
};

// Whether an absolute folder in PATH has a program `gnuplot`. Cheap: looks, runs nothing.
bool HaveGnuplot();

// Runs `script` and returns the bytes of the picture. No shell, no file besides unnamed temporary
// ones. An SVG follows the reader's light or dark mode: gnuplot's "black" becomes the ink, its
// "gray" the colour of grid lines; all other colours stay as the script has them.
//   kUnavailable      no gnuplot (the message names the Debian package)
//   kInvalidArgument  gnuplot refuses the script or draws nothing; its own words are in the message
//   kIo               the child cannot be started, or a temporary file cannot be made
StatusOr<std::string> RenderGnuplot(const std::string& script, const PlotOptions& options = {});

// The same into a file, through a temporary name and rename. The extension decides the format: .svg
// or .png (any other is kInvalidArgument). kIo if it cannot be written. After an error the previous
// file is still whole.
Status RunGnuplot(const std::string& script, const std::string& output_path,
                  const PlotOptions& options = {});

// `text` as one single-quoted gnuplot string: nothing inside is expanded or ends it. An apostrophe
// becomes a typographic one, and bytes not allowed in a picture are replaced (CleanText). For
// commands (`title`, `set xtics`, ...), not for data blocks, whose quoting has no escape.
std::string GnuplotQuote(std::string_view text);

// Shortest decimal that reads back the same, independent of the locale; "NaN" for anything not
// finite (gnuplot then leaves the point out).
std::string GnuplotNumber(double value);

}  // namespace ag
