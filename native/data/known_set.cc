#include "native/data/known_set.h"

#include <algorithm>
#include <utility>

#include "shared/base/csv.h"

namespace ag {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Each once, in the order of the list; `others`: whether a set is not known.
std::vector<const KnownSet*> Distinct(const std::vector<const KnownSet*>& sets, bool* others) {
  std::vector<const KnownSet*> distinct;
  for (const KnownSet* known : AllKnownSets()) {
    if (std::find(sets.begin(), sets.end(), known) != sets.end()) distinct.push_back(known);
  }
  *others = sets.empty() || std::find(sets.begin(), sets.end(), nullptr) != sets.end();
  return distinct;
}

}  // namespace

std::span<const KnownSet* const> AllKnownSets() {
  static constexpr const KnownSet* kSets[] = {
#define AG_KNOWN_SET(name) &k##name##Set,
#include "native/data/known_set_list.inc"
#undef AG_KNOWN_SET
  };
  return kSets;
}

std::vector<const KnownSet*> NamedSets() {
  std::vector<const KnownSet*> named;
  for (const KnownSet* set : AllKnownSets()) {
    if (set->label_of_name != nullptr) named.push_back(set);
  }
  return named;
}

const KnownSet* RecogniseSet(const std::vector<Sample>& samples) {
  if (samples.empty()) return nullptr;
  for (const KnownSet* set : AllKnownSets()) {
    const auto matching = std::count_if(samples.begin(), samples.end(), set->looks_like);
    if (static_cast<size_t>(matching) * 2 >= samples.size()) return set;
  }
  return nullptr;
}

std::string SourceOf(const std::vector<const KnownSet*>& sets) {
  bool others = false;
  std::string text;
  for (const KnownSet* set : Distinct(sets, &others)) {
    text += (text.empty() ? "" : "; ") + std::string(set->name) + " (" +
            std::string(set->citation) + ")";
  }
  if (!others) return text;
  return text.empty() ? "not stated" : text + "; other data, not stated";
}

std::string LicenceOf(const std::vector<const KnownSet*>& sets) {
  bool others = false;
  std::string text;
  for (const KnownSet* set : Distinct(sets, &others)) {
    text += (text.empty() ? "Weights trained on " : "; ") + std::string(set->name) + ": " +
            std::string(set->licence);
  }
  if (!others) return text;
  return text.empty() ? "Not stated: the terms of the training data apply"
                      : text + "; the terms of the other training data apply too";
}

std::vector<std::string> PartsOfSource(std::string_view source) {
  constexpr std::string_view kAnd = " and ";
  std::vector<std::string> parts;
  std::string part;
  const auto end_part = [&] {
    const std::string_view words = TrimSpaces(part);
    if (!words.empty()) parts.emplace_back(words);
    part.clear();
  };
  int depth = 0;
  for (size_t at = 0; at < source.size(); ++at) {
    const char c = source[at];
    if (c == '(') ++depth;
    if (depth == 0 && (c == ';' || c == ',')) {
      end_part();
    } else if (depth == 0 && source.substr(at).starts_with(kAnd)) {
      end_part();
      at += kAnd.size() - 1;
    } else if (depth == 0) {
      part += c;
    }
    if (c == ')' && depth > 0) --depth;
  }
  end_part();
  return parts;
}

std::vector<const KnownSet*> SetsInSource(std::string_view source) {
  std::vector<std::string> parts = PartsOfSource(source);
  for (std::string& part : parts) part = LowerCase(part);
  std::vector<const KnownSet*> sets;
  for (const KnownSet* set : AllKnownSets()) {
    if (std::find(parts.begin(), parts.end(), LowerCase(set->name)) != parts.end()) {
      sets.push_back(set);
    }
  }
  return sets;
}

}  // namespace ag
