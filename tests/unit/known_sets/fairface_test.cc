#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "native/data/known_set.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

fs::path Folder() {
  return fs::temp_directory_path() / ("ag_fairface_" + std::to_string(::getpid()));
}

StatusOr<Dataset> List(const std::string& text) {
  const fs::path folder = Folder();
  fs::create_directories(folder);
  std::ofstream(folder / "fairface_label_train.csv", std::ios::binary) << text;
  StatusOr<Dataset> dataset = ListDataset((folder / "fairface_label_train.csv").string());
  fs::remove_all(folder);
  return dataset;
}

// fairface_label_train.csv as it is published.
TEST(FairFace, OwnLabels) {
  const StatusOr<Dataset> dataset = List(
      "file,age,gender,race,service_test\n"
      "train/1.jpg,50-59,Male,East Asian,True\n"
      "train/2.jpg,more than 70,Female,Latino_Hispanic,False\n"
      "train/3.jpg,0-2,Female,Black,False\n");
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  ASSERT_EQ(dataset->samples.size(), 3u);
  const Sample& first = dataset->samples[0];
  EXPECT_EQ(first.path, (Folder() / "train/1.jpg").string());
  EXPECT_EQ(first.age_lo, 50);
  EXPECT_EQ(first.age_hi, 59);
  EXPECT_EQ(first.gender, Gender::kMale);
  EXPECT_EQ(first.group, "East Asian");
  EXPECT_EQ(dataset->samples[1].age_lo, 70);
  EXPECT_EQ(dataset->samples[1].age_hi, 120);
  EXPECT_EQ(dataset->samples[1].gender, Gender::kFemale);
  EXPECT_EQ(dataset->samples[2].age_lo, 0);
  EXPECT_EQ(dataset->samples[2].age_hi, 2);
}

TEST(FairFace, IsRecognisedInItsOwnListAndInOthers) {
  const StatusOr<Dataset> own = List(
      "file,age,gender,race,service_test\n"
      "train/1.jpg,50-59,Male,East Asian,True\n"
      "val/2.jpg,more than 70,Female,Latino_Hispanic,False\n");
  ASSERT_TRUE(own.ok()) << own.status().message();
  EXPECT_EQ(own->known, (std::vector<const KnownSet*>{&kFairfaceSet}));
  const StatusOr<Dataset> other = List(
      "file,age_lo,age_hi,gender,group\n"
      "sets/fairface/train/1.jpg,50,59,male,East Asian\n"
      "sets/fairface/train/2.jpg,0,2,female,Black\n");
  ASSERT_TRUE(other.ok()) << other.status().message();
  EXPECT_EQ(other->known.front(), &kFairfaceSet);
}

// Folders called train, groups of these names and ages by the decade are common.
TEST(FairFace, IsNotSeenWhereSomethingIsOtherwise) {
  for (const char* row :
       {"train/a.jpg,50-59,male,Black", "test/1.jpg,50-59,male,Black",
        "train/1.png,50-59,male,Black", "train/1.jpg,51-59,male,Black", "train/1.jpg,55,male,Black",
        "train/1.jpg,50-59,male,Asian", "train/1.jpg,50-59,male,"}) {
    const StatusOr<Dataset> dataset = List(std::string("file,age,gender,group\n") + row + "\n");
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    EXPECT_EQ(dataset->known.front(), nullptr) << row;
  }
}

}  // namespace
}  // namespace ag
