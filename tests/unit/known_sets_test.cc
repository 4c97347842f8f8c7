// Every data set that is known by name (known_set_list.inc), by what its descriptor says of it: one
// that lacks something fails here. What is particular to one: known_sets/.
#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "native/data/known_set.h"

namespace ag {
namespace {

using Sets = std::vector<const KnownSet*>;

class KnownSetTest : public testing::TestWithParam<const KnownSet*> {
 protected:
  const KnownSet& set() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Sets, KnownSetTest,
                         testing::ValuesIn(AllKnownSets().begin(), AllKnownSets().end()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST_P(KnownSetTest, SaysWhatAModelCardNeeds) {
  EXPECT_EQ(std::count_if(AllKnownSets().begin(), AllKnownSets().end(),
                          [this](const KnownSet* other) { return other->name == set().name; }),
            1);
  for (const std::string_view text : {set().name, set().citation, set().licence, set().terms}) {
    EXPECT_FALSE(text.empty());
  }
  // So that a model's source can be read back, whatever else stands in it.
  EXPECT_EQ(SetsInSource(SourceOf({&set()})), Sets{&set()});
  EXPECT_EQ(SetsInSource(SourceOf({nullptr, &set()})), Sets{&set()});
  EXPECT_NE(LicenceOf({&set()}).find(set().licence), std::string::npos);
  EXPECT_NE(set().terms.find(set().name), std::string_view::npos);
}

TEST_P(KnownSetTest, IsRecognisedByItsOwnRuleAlone) {
  ASSERT_NE(set().looks_like, nullptr);
  EXPECT_FALSE(set().looks_like(Sample()));
  EXPECT_EQ(set().label_of_name == nullptr, set().name_form.empty());
  if (set().label_of_name == nullptr) return;
  const StatusOr<Sample> malformed = set().label_of_name("holiday.jpg");
  EXPECT_EQ(malformed.status().code(), Code::kInvalidArgument);
  EXPECT_FALSE(malformed.status().message().empty());
}

// A word of a sentence is no data set.
TEST(SourceText, NamesSetsAsPartsOfTheirOwn) {
  EXPECT_EQ(
      PartsOfSource("UTKFace (Zhang, Song; Qi), FairFace and mine; start weights: dlib (CC0)"),
      (std::vector<std::string>{"UTKFace", "FairFace", "mine", "start weights: dlib"}));
  EXPECT_EQ(SetsInSource("fairface; UTKFACE").size(), 2u);
  EXPECT_TRUE(SetsInSource("pictures that are not from UTKFace").empty());
  EXPECT_TRUE(SetsInSource("UTKFaces").empty());
  EXPECT_TRUE(SetsInSource("mine (labelled as UTKFace does; UTKFace)").empty());
  EXPECT_TRUE(PartsOfSource(" ; , ()").empty());
  EXPECT_EQ(PartsOfSource("a) b (c"), std::vector<std::string>{"a) b"});
}

TEST(SourceText, OfSetsThatNobodyKnows) {
  const KnownSet* first = AllKnownSets().front();
  EXPECT_EQ(SourceOf({nullptr}), "not stated");
  EXPECT_EQ(LicenceOf({nullptr, nullptr}), "Not stated: the terms of the training data apply");
  EXPECT_NE(SourceOf({first, nullptr}).find("not stated"), std::string::npos);
  EXPECT_NE(LicenceOf({first, nullptr}).find("other training data"), std::string::npos);
  // Two folders of one set are one.
  EXPECT_EQ(SourceOf({first, first}), SourceOf({first}));
}

}  // namespace
}  // namespace ag
