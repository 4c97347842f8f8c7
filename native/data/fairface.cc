// FairFace (Kärkkäinen, Joo, 2021). Its own labels are a list (file, age "20-29" or "more than 70",
// gender, race, service_test), which manifest.h reads as it is published; other lists of the same
// pictures are recognised as well: files train/1.jpg or val/1.jpg, nine ranges of age, seven
// groups.
#include <algorithm>
#include <array>
#include <filesystem>

#include "native/data/known_set.h"

namespace ag {
namespace {

constexpr std::array<std::string_view, 7> kGroups = {
    "White",           "Black",          "Indian",         "East Asian",
    "Southeast Asian", "Middle Eastern", "Latino_Hispanic"};
constexpr std::array<std::string_view, 2> kParts = {"train", "val"};

// Years, both included; the last range has no end.
constexpr std::array<std::array<double, 2>, 9> kAges = {{{0, 2},
                                                         {3, 9},
                                                         {10, 19},
                                                         {20, 29},
                                                         {30, 39},
                                                         {40, 49},
                                                         {50, 59},
                                                         {60, 69},
                                                         {70, kMaxAgeYears}}};

bool LooksLike(const Sample& sample) {
  const std::filesystem::path file(sample.file);
  const std::string number = file.stem().string(), part = file.parent_path().filename().string();
  return file.extension() == ".jpg" && !number.empty() &&
         number.find_first_not_of("0123456789") == std::string::npos &&
         std::find(kParts.begin(), kParts.end(), part) != kParts.end() &&
         std::find(kGroups.begin(), kGroups.end(), sample.group) != kGroups.end() &&
         std::find(kAges.begin(), kAges.end(), std::array{sample.age_lo, sample.age_hi}) !=
             kAges.end();
}

}  // namespace

const KnownSet kFairfaceSet = {
    .name = "FairFace",
    .citation =
        "Kärkkäinen, Joo: FairFace: Face Attribute Dataset for Balanced Race, Gender, and Age for "
        "Bias Measurement and Mitigation, WACV 2021",
    .licence = "CC BY 4.0",
    .terms = "FairFace (Kärkkäinen and Joo, WACV 2021) is CC BY 4.0",
    .looks_like = LooksLike,
};

}  // namespace ag
