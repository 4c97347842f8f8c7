#include "native/base/suggest.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace ag {
namespace {

constexpr size_t kMostLetters = 40;  // of a typed word that are looked at: no option is longer
constexpr size_t kMostFaults = 3;
constexpr size_t kLeastBeginning = 3;  // letters that a prefix needs to mean anything

std::string Normalised(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  std::string normalised(word);
  for (char& c : normalised) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = '-';
  }
  return normalised;
}

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

bool BeginsTheOther(const std::string& a, const std::string& b) {
  return std::min(a.size(), b.size()) >= kLeastBeginning && (a.starts_with(b) || b.starts_with(a));
}

}  // namespace

std::string NearestWord(std::string_view typed, const std::vector<std::string>& known) {
  const std::string word = Normalised(typed.substr(0, kMostLetters));
  if (word.empty()) return {};
  const std::string* nearest = nullptr;
  size_t least = std::numeric_limits<size_t>::max();
  for (const std::string& candidate : known) {
    const std::string other = Normalised(candidate);
    const size_t longer = std::max(word.size(), other.size());
    const size_t allowed = std::min(kMostFaults, std::max<size_t>(1, longer / 3));
    size_t distance = Distance(word, other);
    if (distance > allowed) {
      if (!BeginsTheOther(word, other)) continue;
      // After the misspelt ones; the one closest in length first.
      distance = kMostFaults + distance;
    }
    if (distance >= least) continue;
    least = distance;
    nearest = &candidate;
  }
  return nearest == nullptr ? std::string() : *nearest;
}

std::string DidYouMean(std::string_view typed, const std::vector<std::string>& known) {
  const std::string nearest = NearestWord(typed, known);
  return nearest.empty() ? nearest : " (did you mean '" + nearest + "'?)";
}

}  // namespace ag
