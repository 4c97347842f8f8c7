// "Did you mean ...?" for misspelt words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ag {

// The word of `known` that `typed` was probably meant to be; empty if none is close. Close means a
// few letters wrong, missing, added or swapped with their neighbours (a third of the word, at most
// three), or one word being a prefix of the other. Case, leading dashes and the difference between
// _ and - do not count.
std::string NearestWord(std::string_view typed, const std::vector<std::string>& known);

// " (did you mean 'WORD'?)", or nothing.
std::string DidYouMean(std::string_view typed, const std::vector<std::string>& known);

}  // namespace ag
