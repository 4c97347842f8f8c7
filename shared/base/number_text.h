// Numbers in messages and records. std::to_string of a float or double pulls in all of printf's
// number formatting, 7 KB of the page's engine.
#pragma once

#include <string>

namespace ag {

// As "%f" writes it, with six decimals, "inf", "-inf" or "nan"; from 1e12 on just "1e12 or more"
// ("-1e12 or less").
std::string NumberText(double value);

// `value` to `decimals` (1..6) decimals, half away from zero, without zeros at the end but one:
// "12.35", "7.0", "-0.5". Never "-0.0". "" for what is not finite; what is beyond 1e12 in size is
// written as 1e12.
std::string FixedText(double value, int decimals);

}  // namespace ag
