// Numbers in messages. std::to_string of a float or double pulls in all of printf's number
// formatting, 7 KB of the page's engine.
#pragma once

#include <string>

namespace ag {

// As "%f" writes it, with six decimals, "inf", "-inf" or "nan"; from 1e12 on just "1e12 or more"
// ("-1e12 or less").
std::string NumberText(double value);

}  // namespace ag
