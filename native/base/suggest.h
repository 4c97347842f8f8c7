// "Did you mean ...?" for what was mistyped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ag {

// The word of `known` that `typed` was probably meant to be; empty if none is near. Near is: few
// letters wrong, missing, too many or exchanged with their neighbours (a third of the word, at most
// three), or one of the two is the beginning of the other. Case, leading dashes and the difference
// between _ and - do not count.
std::string NearestWord(std::string_view typed, const std::vector<std::string>& known);

// " (did you mean 'WORD'?)", or nothing.
std::string DidYouMean(std::string_view typed, const std::vector<std::string>& known);

}  // namespace ag
