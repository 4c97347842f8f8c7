// The container of checkpoints: comes back as it was, and nothing else comes in.
#include "native/tensors/tensor_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "shared/base/bytes.h"

namespace ag {
namespace {

using Json = nlohmann::json;
using Bytes = std::vector<uint8_t>;

Bytes BytesOfFloats(const std::vector<float>& values) {
  Bytes bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// Two tensors and a scalar.
class Sample {
 public:
  Sample() : weights_(BytesOfFloats({1, -2, 0.5f, 3e38f, 1e-44f, -0.0f})), count_(8, 7) {
    tensors_ = {{"net/conv.weight", TensorType::kFloat32, {2, 3}, weights_},
                {"net/steps", TensorType::kInt64, {}, count_},
                {"none", TensorType::kFloat32, {0, 4}, {}}};
  }
  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  Json meta() const { return {{"epoch", 3}, {"loss", 1.0 / 3}, {"history", {1, 2.5, nullptr}}}; }
  Bytes file() const { return *MakeTensorFile(meta(), tensors_); }

 private:
  Bytes weights_, count_;
  std::vector<StoredTensor> tensors_;
};

TEST(TensorFile, ComesBackBitForBit) {
  const Sample sample;
  const Bytes file = sample.file();
  EXPECT_EQ(file, sample.file());
  const StatusOr<TensorFile> read = ReadTensorFile(file);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->meta, sample.meta());
  ASSERT_EQ(read->tensors.size(), sample.tensors().size());
  for (size_t i = 0; i < read->tensors.size(); ++i) {
    const StoredTensor &found = read->tensors[i], &expected = sample.tensors()[i];
    EXPECT_EQ(found.name, expected.name);
    EXPECT_EQ(found.type, expected.type);
    EXPECT_EQ(found.shape, expected.shape);
    EXPECT_TRUE(std::ranges::equal(found.bytes, expected.bytes));
  }
}

// Every bit of the file, and every length.
TEST(TensorFile, AnyChangeIsSeen) {
  const Bytes whole = Sample().file();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes file = whole;
      file[at] ^= static_cast<uint8_t>(1 << bit);
      ASSERT_FALSE(ReadTensorFile(file).ok()) << "bit " << bit << " of byte " << at;
    }
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(ReadTensorFile(std::span(whole).first(size)).ok()) << size << " bytes";
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(ReadTensorFile(longer).ok());
}

// A file of this text and these values, with the checksum that belongs to them: what somebody could
// make who wants to get past it.
Bytes Crafted(const std::string& text, const Bytes& values) {
  Bytes file = Sample().file();
  file.resize(kTensorHeaderBytes);
  file.insert(file.end(), text.begin(), text.end());
  file.insert(file.end(), values.begin(), values.end());
  StoreLittleEndian<uint32_t>(&file[12], static_cast<uint32_t>(text.size()));
  StoreLittleEndian<uint64_t>(&file[16], file.size());
  SealTensorFile(file);
  return file;
}

Json Text() {
  return {{"meta", Json::object()},
          {"tensors",
           {{{"name", "a"}, {"dtype", "float32"}, {"shape", {2}}, {"offset", 0}},
            {{"name", "b"}, {"dtype", "int64"}, {"shape", {1}}, {"offset", 8}}}}};
}

Status ReadCrafted(const std::string& text, const Bytes& values) {
  return ReadTensorFile(Crafted(text, values)).status();
}

TEST(TensorFile, EveryRuleIsKeptBehindTheChecksum) {
  const Bytes values(16, 0);
  ASSERT_TRUE(ReadCrafted(Text().dump(), values).ok());
  const struct {
    const char* what;
    std::function<void(Json*)> edit;
  } edits[] = {
      {"no meta", [](Json* t) { t->erase("meta"); }},
      {"meta is a list", [](Json* t) { (*t)["meta"] = Json::array(); }},
      {"no tensors", [](Json* t) { t->erase("tensors"); }},
      {"another key", [](Json* t) { (*t)["code"] = "print(1)"; }},
      {"a tensor is a number", [](Json* t) { (*t)["tensors"][0] = 1; }},
      {"a key is missing", [](Json* t) { (*t)["tensors"][0].erase("dtype"); }},
      {"a key too many", [](Json* t) { (*t)["tensors"][0]["more"] = 1; }},
      {"no name", [](Json* t) { (*t)["tensors"][0]["name"] = ""; }},
      {"a name with a line break", [](Json* t) { (*t)["tensors"][0]["name"] = "a\n"; }},
      {"a long name", [](Json* t) { (*t)["tensors"][0]["name"] = std::string(201, 'a'); }},
      {"a name twice", [](Json* t) { (*t)["tensors"][1]["name"] = "a"; }},
      {"a dtype", [](Json* t) { (*t)["tensors"][0]["dtype"] = "object"; }},
      {"a shape is a number", [](Json* t) { (*t)["tensors"][0]["shape"] = 2; }},
      {"a side below 0", [](Json* t) { (*t)["tensors"][0]["shape"] = {-2}; }},
      {"a side is no integer", [](Json* t) { (*t)["tensors"][0]["shape"] = {2.5}; }},
      {"a huge side", [](Json* t) { (*t)["tensors"][0]["shape"] = {uint64_t{1} << 63}; }},
      {"sides that overflow",
       [](Json* t) {
         (*t)["tensors"][0]["shape"] = Json::array({65536, 65536, 65536, 65536});
       }},
      {"too many sides", [](Json* t) { (*t)["tensors"][0]["shape"] = std::vector<int>(9, 1); }},
      {"more than there is", [](Json* t) { (*t)["tensors"][1]["shape"] = {2}; }},
      {"less than there is", [](Json* t) { (*t)["tensors"].erase(1); }},
      {"a gap", [](Json* t) { (*t)["tensors"][1]["offset"] = 9; }},
      {"one in another", [](Json* t) { (*t)["tensors"][1]["offset"] = 0; }},
      {"an offset below 0", [](Json* t) { (*t)["tensors"][1]["offset"] = -8; }},
      {"an order that is another",
       [](Json* t) { std::swap((*t)["tensors"][0], (*t)["tensors"][1]); }},
  };
  for (const auto& edit : edits) {
    Json text = Text();
    edit.edit(&text);
    EXPECT_EQ(ReadCrafted(text.dump(), values).code(), Code::kInvalidArgument) << edit.what;
  }
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"),
                                  std::string("{}x"), std::string(100000, '['),
                                  "{\"meta\":{\"a\":" + std::string(100, '[') +
                                      std::string(100, ']') + "},\"tensors\":[]}"}) {
    EXPECT_EQ(ReadCrafted(text, {}).code(), Code::kInvalidArgument) << text.substr(0, 40);
  }
}

TEST(TensorFile, NumbersThatAreNoneAreNamed) {
  for (const float bad : {std::nanf(""), -std::nanf("7"), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    Bytes values = BytesOfFloats({1, bad});
    values.resize(16);
    const Status read = ReadCrafted(Text().dump(), values);
    EXPECT_EQ(read.code(), Code::kModelNonFinite);
    EXPECT_NE(read.message().find("'a'"), std::string::npos) << read.message();
    values.resize(8);
    const StoredTensor tensor = {"a", TensorType::kFloat32, {2}, values};
    EXPECT_EQ(MakeTensorFile(Json::object(), {&tensor, 1}).status().code(), Code::kModelNonFinite);
  }
}

TEST(TensorFile, TheWriterRefusesWhatNobodyReads) {
  const Bytes values(8, 0);
  const StoredTensor good = {"a", TensorType::kFloat32, {2}, values};
  const auto refuses = [](const Json& meta, const std::vector<StoredTensor>& tensors) {
    return MakeTensorFile(meta, tensors).status().code() == Code::kInvalidArgument;
  };
  EXPECT_FALSE(refuses(Json::object(), {good}));
  EXPECT_TRUE(refuses(Json::array(), {good}));
  EXPECT_TRUE(refuses(Json::object(), {good, good}));
  EXPECT_TRUE(refuses(Json::object(), {{"b c", TensorType::kFloat32, {2}, values}}));
  EXPECT_TRUE(refuses(Json::object(), {{"b", TensorType::kFloat32, {3}, values}}));
}

}  // namespace
}  // namespace ag
