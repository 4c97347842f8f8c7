#include "native/data/label_text.h"

#include <array>
#include <charconv>

#include "native/base/utf8.h"

namespace ag {
namespace {

constexpr std::string_view kNotGiven = "Not given";

std::string WithDash(double age_lo, double age_hi, std::string_view dash) {
  std::string text = FormatYears(age_lo);
  if (age_lo != age_hi) text.append(dash).append(FormatYears(age_hi));
  return text;
}

}  // namespace

std::string FormatYears(double years) {
  std::array<char, 32> buffer;
  const std::to_chars_result end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), years);
  return std::string(buffer.data(), end.ptr);
}

std::string AgeField(double age_lo, double age_hi) { return WithDash(age_lo, age_hi, "-"); }

std::string AgeWords(double age_lo, double age_hi) {
  if (!IsKnownAge(age_lo, age_hi)) return std::string(kNotGiven);
  return WithDash(age_lo, age_hi, "–");
}

std::string GenderField(Gender gender) {
  switch (gender) {
    case Gender::kMale:
      return "male";
    case Gender::kFemale:
      return "female";
    case Gender::kUnknown:
      break;
  }
  return "";
}

std::string GenderWord(Gender gender) {
  switch (gender) {
    case Gender::kMale:
      return "Male";
    case Gender::kFemale:
      return "Female";
    case Gender::kUnknown:
      break;
  }
  return std::string(kNotGiven);
}

std::string GroupWord(std::string_view group) {
  return group.empty() ? std::string(kNotGiven) : CleanText(group);
}

}  // namespace ag
