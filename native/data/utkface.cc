// UTKFace's names: AGE_GENDER_RACE_DATETIME.jpg[.chip.jpg], gender 0 male, 1 female; race 0 White,
// 1 Black, 2 Asian, 3 Indian, 4 Others (Zhang, Song, Qi: "Age Progression/Regression by Conditional
// Adversarial Autoencoder", 2017). Three published names lack the race; the group is then empty.
// Without it the name must go on with a whole DATETIME (17 digits) and nothing else, since
// photographs are often called 01_0_20200116.jpg.
#include <array>
#include <charconv>
#include <filesystem>
#include <utility>

#include "native/data/known_set.h"

namespace ag {
namespace {

constexpr std::array<std::string_view, 5> kRaces = {"White", "Black", "Asian", "Indian", "Others"};

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The text up to the next '_' (or all of it), removed from `rest`.
std::string_view TakeField(std::string_view* rest) {
  const size_t end = rest->find('_');
  const std::string_view field = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return field;
}

Status Malformed(std::string reason) {
  return Status(Code::kInvalidArgument,
                std::move(reason) + " (expected AGE_GENDER_RACE_DATETIME.jpg)");
}

// UTKFace's DATETIME, 20170116174525125: year, month, day, hour, minute, second, milliseconds.
// Without the race, nothing else tells a label from the many names that begin with two numbers.
bool IsDateTime(std::string_view digits) {
  constexpr size_t kDigits = 17;
  if (digits.size() != kDigits || !IsDigits(digits)) return false;
  const auto is_between = [&](size_t begin, int low, int high) {
    const int value = (digits[begin] - '0') * 10 + (digits[begin + 1] - '0');
    return low <= value && value <= high;
  };
  return is_between(0, 19, 20) && is_between(4, 1, 12) && is_between(6, 1, 31) &&
         is_between(8, 0, 23) && is_between(10, 0, 59) && is_between(12, 0, 60);
}

// Race and date in the name. `rest` is what follows the gender.
StatusOr<std::string> ParseRace(std::string_view rest) {
  const std::string_view third = TakeField(&rest);
  const bool has_fourth = !rest.empty();
  if (has_fourth && third.size() == 1 && third[0] >= '0' && third[0] <= '4') {
    return std::string(kRaces[static_cast<size_t>(third[0] - '0')]);
  }
  // "39_1_20170116174525125.jpg.chip.jpg": the race is missing, the date follows at once.
  if (!has_fourth && IsDateTime(third.substr(0, third.find('.')))) return std::string();
  return Malformed("the race '" + std::string(third.substr(0, 40)) + "' is not one of 0 to 4");
}

StatusOr<Sample> LabelOfName(const std::string& name) {
  std::string_view rest = name;
  const std::string_view age = TakeField(&rest);
  const std::string_view gender = TakeField(&rest);
  if (!IsDigits(age)) {
    return Malformed("the age '" + std::string(age.substr(0, 40)) + "' is not a whole number");
  }
  int years = 0;
  const auto parsed = std::from_chars(age.data(), age.data() + age.size(), years);
  if (parsed.ec != std::errc() || years > kMaxAgeYears) {
    return Status(Code::kInvalidArgument,
                  "the age " + std::string(age.substr(0, 40)) + " is outside 0..120");
  }
  if (gender != "0" && gender != "1") {
    return Malformed("the gender '" + std::string(gender.substr(0, 40)) + "' is neither 0 nor 1");
  }
  Sample sample;
  AG_ASSIGN_OR_RETURN(sample.group, ParseRace(rest));
  sample.file = name;
  sample.path = name;
  sample.age_lo = sample.age_hi = years;
  sample.gender = gender == "1" ? Gender::kFemale : Gender::kMale;
  return sample;
}

bool LooksLike(const Sample& sample) {
  return LabelOfName(std::filesystem::path(sample.file).filename().string()).ok();
}

}  // namespace

const KnownSet kUtkfaceSet = {
    .name = "UTKFace",
    .citation =
        "Zhang, Song, Qi: Age Progression/Regression by Conditional Adversarial Autoencoder, "
        "CVPR 2017",
    .licence = "non-commercial research use only",
    .terms =
        "UTKFace (Zhang, Song, Qi, CVPR 2017) is for non-commercial research only; the copyright "
        "of "
        "a picture is its owner’s",
    .looks_like = LooksLike,
    .label_of_name = LabelOfName,
    .name_form = "AGE_GENDER_RACE_DATETIME.jpg",
};

}  // namespace ag
