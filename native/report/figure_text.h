// Figures as the report and the model card write them.
#pragma once

#include <string>

#include "native/eval/metrics.h"
#include "native/eval/results.h"

namespace ag {

// "5.04", "+0.31", "94.2 %", "0.987"; "–" where undefined.
std::string FormatFigure(double value, FigureUnit unit);

// "4.9–5.2"; shares without their sign: "93.1–95.2". Empty where not known.
std::string FormatInterval(double low, double high, FigureUnit unit);

}  // namespace ag
