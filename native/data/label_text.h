// Labels as text: the only writer of ages and of genders. As files have them, to be read back, and
// as people read them.
#pragma once

#include <string>
#include <string_view>

#include "native/data/dataset.h"

namespace ag {

// Shortest decimal that reads back the same: "26", "0.5".
std::string FormatYears(double years);

// For files: "26", of a range both ends "20-29", so of an unknown age "0-120". What a manifest's
// column `age` may hold; reads back as the same two numbers.
std::string AgeField(double age_lo, double age_hi);
inline std::string AgeField(const Sample& sample) { return AgeField(sample.age_lo, sample.age_hi); }

// For people: "26", "20–29", "Not given".
std::string AgeWords(double age_lo, double age_hi);
inline std::string AgeWords(const Sample& sample) { return AgeWords(sample.age_lo, sample.age_hi); }

std::string GenderField(Gender gender);         // for files: "male", "female", "" if unknown
std::string GenderWord(Gender gender);          // for people: "Male", "Female", "Not given"
std::string GroupWord(std::string_view group);  // itself, cleaned, or "Not given" where empty

}  // namespace ag
