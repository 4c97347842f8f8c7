// The C API as a caller meets it: what it answers, and how it refuses. Built twice: on the static
// target and on libag.so.
#include <ag/ag.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "shared/base/version.h"
#include "shared/predict/predictor.h"
#include "shared/predict/self_test.h"
#include "shared/record/record.h"
#include "tests/library/library_support.h"
#include "tests/support/image_files.h"
#include "tests/support/shipped.h"

namespace ag::test {
namespace {

// A sentinel that no call may change where it fails.
template <typename Handle>
Handle* Untouched() {
  static char somewhere;
  return reinterpret_cast<Handle*>(&somewhere);
}

class Api : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    models_ = LoadShipped().release();
    face_ = new Image(SelfTestPicture());
  }
  static void TearDownTestSuite() {
    ag_models_free(models_);
    delete face_;
    models_ = nullptr;
    face_ = nullptr;
  }
  void SetUp() override { ASSERT_NE(models_, nullptr); }

  static ag_models* models_;
  static Image* face_;  // drawn
};
ag_models* Api::models_ = nullptr;
Image* Api::face_ = nullptr;

// ------------------------------------------------------------------------------------- models

ag_code FromFiles(const std::string& net, const std::string& detector, std::string* message) {
  ag_error error;
  ag_models* models = Untouched<ag_models>();
  const ag_code code = ag_models_from_files(net.c_str(), detector.c_str(), &models, &error);
  EXPECT_EQ(error.code, code);
  if (code == AG_OK) {
    ag_models_free(models);
  } else {
    EXPECT_EQ(models, Untouched<ag_models>());
  }
  *message = error.message;
  return code;
}

ag_code FromMemory(const std::vector<uint8_t>& net, const std::vector<uint8_t>& detector) {
  ag_error error;
  ag_models* models = nullptr;
  const ag_code code = ag_models_from_memory(net.data(), net.size(), detector.data(),
                                             detector.size(), &models, &error);
  EXPECT_EQ(models != nullptr, code == AG_OK);
  EXPECT_EQ(std::strlen(error.message) > 0, code != AG_OK);
  ag_models_free(models);
  return code;
}

TEST_F(Api, ModelsFromFiles) {
  std::string message;
  EXPECT_EQ(FromFiles(NetPath(), DetectorPath(), &message), AG_OK);
  EXPECT_EQ(message, "");
  EXPECT_EQ(FromFiles("/nowhere/net.agm", DetectorPath(), &message), AG_NOT_FOUND);
  EXPECT_EQ(message.rfind("/nowhere/net.agm: ", 0), 0u) << message;
  EXPECT_EQ(FromFiles(NetPath(), "/nowhere/detector.agm", &message), AG_NOT_FOUND);
  EXPECT_EQ(message.rfind("/nowhere/detector.agm: ", 0), 0u) << message;
  EXPECT_EQ(FromFiles(AG_SOURCE_DIR, DetectorPath(), &message), AG_IO) << message;
  EXPECT_EQ(FromFiles("/dev/zero", DetectorPath(), &message), AG_IO) << message;
  // The two exchanged.
  EXPECT_EQ(FromFiles(DetectorPath(), NetPath(), &message), AG_INVALID_ARGUMENT);
  EXPECT_NE(message.find("does not predict age and gender"), std::string::npos) << message;
  EXPECT_EQ(FromFiles(NetPath(), NetPath(), &message), AG_INVALID_ARGUMENT);
  EXPECT_NE(message.find("does not detect faces"), std::string::npos) << message;
}

TEST_F(Api, MessagesAreTextThatFits) {
  std::string message;
  EXPECT_EQ(FromFiles("/M\xfcller\x01.agm", DetectorPath(), &message), AG_NOT_FOUND);
  EXPECT_EQ(message.rfind("/M?ller\x01.agm: ", 0), 0u) << message;
  // A name of two-byte characters, cut between two of them whatever stands before.
  for (const std::string start : {"/", "/a"}) {
    std::string path = start;
    for (int i = 0; i < 1000; ++i) path += "\xc3\xbc";
    EXPECT_NE(FromFiles(path, DetectorPath(), &message), AG_OK);
    EXPECT_GE(message.size(), sizeof(ag_error::message) - 2);
    EXPECT_LT(message.size(), sizeof(ag_error::message));
    EXPECT_EQ(message.back(), '\xbc');
  }
}

TEST_F(Api, ModelsFromMemory) {
  const std::vector<uint8_t> net = FileBytes(NetPath()), detector = FileBytes(DetectorPath());
  EXPECT_EQ(FromMemory(net, detector), AG_OK);
  EXPECT_EQ(FromMemory(detector, net), AG_INVALID_ARGUMENT);
  EXPECT_EQ(FromMemory({}, detector), AG_INVALID_ARGUMENT);  // a vector's null
  const auto broken = [&](size_t at, uint8_t flip) {
    std::vector<uint8_t> bytes = net;
    bytes[at] ^= flip;
    return FromMemory(bytes, detector);
  };
  EXPECT_EQ(broken(0, 1), AG_MODEL_MAGIC);
  EXPECT_EQ(broken(8, 2), AG_MODEL_VERSION);
  EXPECT_EQ(broken(net.size() / 2, 1), AG_MODEL_CHECKSUM);
  EXPECT_EQ(FromMemory({net.begin(), net.end() - 1}, detector), AG_MODEL_TRUNCATED);
  EXPECT_EQ(FromMemory({net.begin(), net.begin() + 1}, detector), AG_MODEL_TRUNCATED);
  EXPECT_EQ(FromMemory(net, {net.begin(), net.begin() + 9}), AG_MODEL_TRUNCATED);

  ag_error error;
  ag_models* models = nullptr;
  EXPECT_EQ(ag_models_from_memory(net.data(), size_t{1} << 40, detector.data(), detector.size(),
                                  &models, &error),
            AG_TOO_LARGE);
  // Read to the end: the bytes may go.
  auto* copy = new std::vector<uint8_t>(net);
  ASSERT_EQ(ag_models_from_memory(copy->data(), copy->size(), detector.data(), detector.size(),
                                  &models, &error),
            AG_OK);
  delete copy;
  const Models owned(models);
  const Predicting predictor = MakePredictor(models);
  EXPECT_EQ(ag_result_face_count(PredictPixels(predictor.get(), PixelsOf(*face_)).get()), 1u);
}

TEST_F(Api, WhatTheModelsSay) {
  auto info = Sized<ag_models_info>();
  ASSERT_EQ(ag_models_get_info(models_, &info, nullptr), AG_OK);
  const auto net = ShippedModel("age_gender.agm"), detector = ShippedModel("face_detector.agm");
  ASSERT_TRUE(net && detector);
  EXPECT_EQ(info.net_name, net->provenance.name);
  EXPECT_EQ(info.net_licence, net->provenance.licence);
  EXPECT_EQ(info.net_source, net->provenance.source);
  EXPECT_EQ(info.detector_name, detector->provenance.name);
  EXPECT_EQ(info.detector_licence, detector->provenance.licence);
  EXPECT_EQ(info.detector_source, detector->provenance.source);
  EXPECT_EQ(std::vector<float>(info.age_bins, info.age_bins + info.age_bin_count),
            net->age_gender->age_bins);
}

// ------------------------------------------------------------------------------------- options

TEST_F(Api, Defaults) {
  const ag_options options = DefaultOptions();
  const FindOptions find;
  EXPECT_EQ(options.threads, 1);
  EXPECT_EQ(options.max_faces, find.max_faces);
  EXPECT_EQ(options.min_face, find.min_face);
  EXPECT_EQ(options.min_score, find.min_score);
  EXPECT_EQ(options.nms_overlap, find.nms_overlap);
  EXPECT_EQ(options.detect_size, find.detect_size);
  EXPECT_EQ(options.rotate, 1);
  EXPECT_EQ(options.max_bytes, uint64_t{64} << 20);
  EXPECT_EQ(options.max_pixels, 64'000'000);
  EXPECT_EQ(options.search_every, 15);
  EXPECT_EQ(options.memory_frames, 30);
  EXPECT_EQ(options.confirm_frames, 2);
  EXPECT_EQ(options.running_memory, 60);
}

ag_code CreateWith(const ag_models* models, const ag_options& options) {
  ag_error error;
  ag_predictor* predictor = Untouched<ag_predictor>();
  ag_video* video = Untouched<ag_video>();
  const ag_code code = ag_predictor_create(models, &options, &predictor, &error);
  EXPECT_EQ(ag_video_create(models, &options, &video, &error), code);
  if (code == AG_OK) {
    ag_predictor_free(predictor);
    ag_video_free(video);
  } else {
    EXPECT_EQ(predictor, Untouched<ag_predictor>());
    EXPECT_EQ(video, Untouched<ag_video>());
    EXPECT_STRNE(error.message, "");
  }
  return code;
}

TEST_F(Api, OptionsOutOfRange) {
  const auto code = [&](auto change) {
    ag_options options = DefaultOptions();
    change(&options);
    return CreateWith(models_, options);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(code([](ag_options*) {}), AG_OK);
  EXPECT_EQ(code([](ag_options* o) { o->threads = 2; }), AG_OK);
  for (const int threads : {0, -1, 1025, std::numeric_limits<int>::max()}) {
    EXPECT_EQ(code([&](ag_options* o) { o->threads = threads; }), AG_INVALID_ARGUMENT);
  }
  for (const double face : {-1.0, 7.0, 4097.0, nan}) {
    EXPECT_EQ(code([&](ag_options* o) { o->min_face = face; }), AG_INVALID_ARGUMENT);
  }
  for (const double score : {0.0, -0.5, 1.5, nan}) {
    EXPECT_EQ(code([&](ag_options* o) { o->min_score = score; }), AG_INVALID_ARGUMENT);
  }
  for (const double overlap : {-0.5, 1.5, nan}) {
    EXPECT_EQ(code([&](ag_options* o) { o->nms_overlap = overlap; }), AG_INVALID_ARGUMENT);
  }
  for (const double memory : {0.0, -1.0, nan, double{INFINITY}}) {
    EXPECT_EQ(code([&](ag_options* o) { o->running_memory = memory; }), AG_INVALID_ARGUMENT);
  }
  EXPECT_EQ(code([](ag_options* o) { o->max_faces = 0; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->detect_size = 31; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->detect_size = 4097; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->max_bytes = 0; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->max_pixels = 0; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->max_pixels = -1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->search_every = 0; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->memory_frames = -1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_options* o) { o->confirm_frames = 0; }), AG_INVALID_ARGUMENT);
}

// -------------------------------------------------------------------------------- sizes of structs

// A struct of a newer ag.h.
template <typename Struct>
struct Newer {
  Struct known;
  uint64_t added;
};

TEST_F(Api, SizesOfInputs) {
  Newer<ag_options> newer = {DefaultOptions(), 0};
  newer.known.size = sizeof(newer);
  EXPECT_EQ(CreateWith(models_, newer.known), AG_OK);
  newer.added = uint64_t{1} << 63;
  EXPECT_EQ(CreateWith(models_, newer.known), AG_INVALID_ARGUMENT);
  for (const size_t size : {size_t{0}, size_t{8}, sizeof(ag_options) - 1, size_t{4097},
                            std::numeric_limits<size_t>::max()}) {
    ag_options options = DefaultOptions();
    options.size = size;
    EXPECT_EQ(CreateWith(models_, options), AG_INVALID_ARGUMENT) << size;
    auto asked = Sized<ag_options>();
    asked.size = size;
    EXPECT_EQ(ag_options_defaults(&asked, nullptr), AG_INVALID_ARGUMENT) << size;

    ag_pixels pixels = PixelsOf(*face_);
    pixels.size = size;
    ag_result* result = nullptr;
    const Predicting predictor = MakePredictor(models_);
    if (size != sizeof(ag_options) - 1) {
      EXPECT_EQ(ag_predict_pixels(predictor.get(), &pixels, nullptr, &result, nullptr),
                AG_INVALID_ARGUMENT);
    }
  }
}

template <typename Struct, typename Get>
void ExpectSizes(const Get& get) {
  Newer<Struct> newer;
  std::memset(&newer, 0x5a, sizeof(newer));
  newer.known.size = sizeof(newer);
  EXPECT_EQ(get(&newer.known), AG_OK);
  EXPECT_EQ(newer.known.size, sizeof(newer));
  EXPECT_EQ(newer.added, 0u);
  for (const size_t size : {size_t{0}, size_t{8}, sizeof(Struct) - 1, size_t{4097}}) {
    Struct small;
    std::memset(&small, 0x5a, sizeof(small));
    small.size = size;
    Struct before = small;
    EXPECT_EQ(get(&small), AG_INVALID_ARGUMENT) << size;
    EXPECT_EQ(std::memcmp(&small, &before, sizeof(small)), 0);
  }
  EXPECT_EQ(get(static_cast<Struct*>(nullptr)), AG_INVALID_ARGUMENT);
}

TEST_F(Api, SizesOfOutputs) {
  const Predicting predictor = MakePredictor(models_);
  const Result result = PredictPixels(predictor.get(), PixelsOf(*face_));
  ASSERT_EQ(ag_result_face_count(result.get()), 1u);
  ExpectSizes<ag_picture>(
      [&](ag_picture* out) { return ag_result_get_picture(result.get(), out, nullptr); });
  ExpectSizes<ag_face>(
      [&](ag_face* out) { return ag_result_get_face(result.get(), 0, out, nullptr); });
  ExpectSizes<ag_track>(
      [&](ag_track* out) { return ag_result_get_track(result.get(), 0, out, nullptr); });
  ExpectSizes<ag_models_info>(
      [&](ag_models_info* out) { return ag_models_get_info(models_, out, nullptr); });
  ExpectSizes<ag_options>([](ag_options* out) { return ag_options_defaults(out, nullptr); });
}

// ------------------------------------------------------------------------------- null pointers

TEST_F(Api, NullPointers) {
  const Predicting predictor = MakePredictor(models_);
  const Video video = MakeVideo(models_);
  const ag_pixels pixels = PixelsOf(*face_);
  const std::vector<uint8_t> net = FileBytes(NetPath());
  ag_models* models = nullptr;
  ag_predictor* made = nullptr;
  ag_video* made_video = nullptr;
  ag_result* result = nullptr;
  auto info = Sized<ag_models_info>();
  auto picture = Sized<ag_picture>();
  auto face = Sized<ag_face>();
  auto track = Sized<ag_track>();
  const Result some = PredictPixels(predictor.get(), pixels);
  ag_error failed = {AG_IO, "x"};
  char* json = nullptr;
  const std::vector<ag_code> codes = {
      ag_models_from_files(nullptr, "d", &models, nullptr),
      ag_models_from_files("n", nullptr, &models, nullptr),
      ag_models_from_files(NetPath().c_str(), DetectorPath().c_str(), nullptr, nullptr),
      ag_models_from_memory(nullptr, 5, net.data(), 5, &models, nullptr),
      ag_models_from_memory(net.data(), net.size(), nullptr, 5, &models, nullptr),
      ag_models_from_memory(net.data(), 5, net.data(), 5, nullptr, nullptr),
      ag_models_get_info(nullptr, &info, nullptr),
      ag_options_defaults(nullptr, nullptr),
      ag_predictor_create(nullptr, nullptr, &made, nullptr),
      ag_predictor_create(models_, nullptr, nullptr, nullptr),
      ag_predict_bytes(nullptr, net.data(), 5, nullptr, &result, nullptr),
      ag_predict_bytes(predictor.get(), nullptr, 5, nullptr, &result, nullptr),
      ag_predict_bytes(predictor.get(), net.data(), 5, nullptr, nullptr, nullptr),
      ag_predict_pixels(nullptr, &pixels, nullptr, &result, nullptr),
      ag_predict_pixels(predictor.get(), nullptr, nullptr, &result, nullptr),
      ag_predict_pixels(predictor.get(), &pixels, nullptr, nullptr, nullptr),
      ag_video_create(nullptr, nullptr, &made_video, nullptr),
      ag_video_create(models_, nullptr, nullptr, nullptr),
      ag_video_next_bytes(nullptr, net.data(), 5, &result, nullptr),
      ag_video_next_bytes(video.get(), nullptr, 5, &result, nullptr),
      ag_video_next_bytes(video.get(), net.data(), 5, nullptr, nullptr),
      ag_video_next_pixels(nullptr, &pixels, &result, nullptr),
      ag_video_next_pixels(video.get(), nullptr, &result, nullptr),
      ag_video_next_pixels(video.get(), &pixels, nullptr, nullptr),
      ag_result_get_picture(nullptr, &picture, nullptr),
      ag_result_get_face(nullptr, 0, &face, nullptr),
      ag_result_get_track(nullptr, 0, &track, nullptr),
      ag_result_to_json(nullptr, "f", &json, nullptr),
      ag_result_to_json(some.get(), nullptr, &json, nullptr),
      ag_result_to_json(some.get(), "f", nullptr, nullptr),
      ag_error_to_json(nullptr, "f", -1, &json, nullptr),
      ag_error_to_json(&failed, nullptr, -1, &json, nullptr),
      ag_error_to_json(&failed, "f", -1, nullptr, nullptr),
  };
  for (size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(codes[i], AG_INVALID_ARGUMENT) << i;
  EXPECT_EQ(result, nullptr);
  EXPECT_EQ(json, nullptr);
  ag_json_free(nullptr);
  EXPECT_EQ(ag_result_face_count(nullptr), 0u);
  ag_models_free(nullptr);
  ag_predictor_free(nullptr);
  ag_video_free(nullptr);
  ag_video_reset(nullptr);
  ag_result_free(nullptr);
}

// ------------------------------------------------------------------------------------- pixels

TEST_F(Api, EveryFormatOfPixels) {
  const Predicting predictor = MakePredictor(models_);
  const Image gray = [] {
    Image picture = SelfTestPicture();
    for (size_t i = 0; i < picture.pixels.size(); i += 3) {
      picture.pixels[i] = picture.pixels[i + 2] = picture.pixels[i + 1];
    }
    return picture;
  }();
  struct Layout {
    int32_t format;
    size_t channels;
    const Image* picture;
  };
  for (const Layout& layout :
       {Layout{AG_PIXELS_RGB, 3, face_}, Layout{AG_PIXELS_BGR, 3, face_},
        Layout{AG_PIXELS_RGBA, 4, face_}, Layout{AG_PIXELS_GRAY, 1, &gray}}) {
    const Image& picture = *layout.picture;
    const auto count = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height);
    const Result expected = PredictBytes(predictor.get(), Ppm(picture));
    ASSERT_EQ(ag_result_face_count(expected.get()), 1u) << layout.format;
    for (const size_t gap : {0u, 1u, 64u}) {
      const size_t row = static_cast<size_t>(picture.width) * layout.channels, stride = row + gap;
      // The last row without its gap.
      std::vector<uint8_t> bytes(stride * static_cast<size_t>(picture.height) - gap, 0xee);
      for (size_t i = 0; i < count; ++i) {
        const auto width = static_cast<size_t>(picture.width);
        uint8_t* out = bytes.data() + i / width * stride + i % width * layout.channels;
        const uint8_t* rgb = picture.pixels.data() + 3 * i;
        for (size_t c = 0; c < layout.channels; ++c) {
          out[c] = c == 3 ? 255 : rgb[layout.format == AG_PIXELS_BGR ? 2 - c : c];
        }
      }
      auto pixels = Sized<ag_pixels>();
      pixels.data = bytes.data();
      pixels.byte_count = bytes.size();
      pixels.width = picture.width;
      pixels.height = picture.height;
      pixels.stride = gap == 0 ? 0 : stride;
      pixels.format = layout.format;
      const Result found = PredictPixels(predictor.get(), pixels);
      ASSERT_EQ(ag_result_face_count(found.get()), 1u);
      const ag_face a = FaceOf(expected, 0), b = FaceOf(found, 0);
      EXPECT_EQ(a.age, b.age) << layout.format;
      EXPECT_EQ(a.box.x, b.box.x);
      EXPECT_EQ(a.p_female, b.p_female);
      EXPECT_EQ(a.brightness, b.brightness);
    }
  }
}

TEST_F(Api, AlphaIsLaidOverWhite) {
  const Predicting predictor = MakePredictor(models_);
  const auto count = static_cast<size_t>(face_->width) * static_cast<size_t>(face_->height);
  // Half transparent, and the same laid over white by hand.
  std::vector<uint8_t> rgba(count * 4);
  Image flat = *face_;
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const unsigned colour = rgba[4 * i + c] = face_->pixels[3 * i + c];
      flat.pixels[3 * i + c] =
          static_cast<uint8_t>(std::lround((colour * 128.0 + 255.0 * (255 - 128)) / 255));
    }
    rgba[4 * i + 3] = 128;
  }
  ag_pixels pixels = PixelsOf(*face_);
  pixels.data = rgba.data();
  pixels.byte_count = rgba.size();
  pixels.format = AG_PIXELS_RGBA;
  const Result found = PredictPixels(predictor.get(), pixels),
               expected = PredictPixels(predictor.get(), PixelsOf(flat));
  ASSERT_EQ(ag_result_face_count(found.get()), ag_result_face_count(expected.get()));
  ASSERT_GE(ag_result_face_count(found.get()), 1u);
  EXPECT_EQ(FaceOf(found, 0).age, FaceOf(expected, 0).age);
}

TEST_F(Api, BrokenPixels) {
  const Predicting predictor = MakePredictor(models_);
  const Video video = MakeVideo(models_);
  const auto code = [&](auto change) {
    ag_pixels pixels = PixelsOf(*face_);
    change(&pixels);
    ag_error error;
    ag_result* result = Untouched<ag_result>();
    const ag_code answer = ag_predict_pixels(predictor.get(), &pixels, nullptr, &result, &error);
    EXPECT_EQ(result, Untouched<ag_result>());
    EXPECT_STRNE(error.message, "");
    EXPECT_EQ(ag_video_next_pixels(video.get(), &pixels, &result, &error), answer);
    EXPECT_EQ(result, Untouched<ag_result>());
    return answer;
  };
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  const size_t row = static_cast<size_t>(face_->width) * 3;
  EXPECT_EQ(code([](ag_pixels* p) { p->data = nullptr; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->width = 0; }), AG_EMPTY);
  EXPECT_EQ(code([](ag_pixels* p) { p->height = 0; }), AG_EMPTY);
  EXPECT_EQ(code([](ag_pixels* p) { p->width = -1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->height = -kMost - 1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->width = (1 << 20) + 1; }), AG_TOO_LARGE);
  EXPECT_EQ(code([](ag_pixels* p) { p->height = kMost; }), AG_TOO_LARGE);
  EXPECT_EQ(code([](ag_pixels* p) { p->width = p->height = 1 << 20; }), AG_TOO_LARGE);
  EXPECT_EQ(code([](ag_pixels* p) { p->width = p->height = kMost; }), AG_TOO_LARGE);
  EXPECT_EQ(code([&](ag_pixels* p) { p->stride = row - 1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->stride = 1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([&](ag_pixels* p) { p->stride = row + 1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->stride = std::numeric_limits<size_t>::max(); }),
            AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { --p->byte_count; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->byte_count = 0; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->format = AG_PIXELS_RGBA; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->format = 0; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->format = 5; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->format = -1; }), AG_INVALID_ARGUMENT);
  EXPECT_EQ(code([](ag_pixels* p) { p->reserved = 1; }), AG_INVALID_ARGUMENT);
  // It goes on.
  EXPECT_EQ(ag_result_face_count(PredictPixels(predictor.get(), PixelsOf(*face_)).get()), 1u);
  EXPECT_EQ(ag_result_face_count(NextFrame(video.get(), PixelsOf(*face_)).get()), 1u);
}

// --------------------------------------------------------------------------------------- bytes

// [128, 128] of gray blocks.
std::vector<uint8_t> GrayJpeg() {
  return MakeBlockJpeg({.block_columns = 16, .block_rows = 16},
                       [](int column, int row, int) { return 8 * column + 7 * row; });
}

TEST_F(Api, BrokenBytes) {
  ag_options options = DefaultOptions();
  options.max_pixels = int64_t{face_->width} * face_->height;
  options.max_bytes = 200'000;
  const Predicting predictor = MakePredictor(models_, &options);
  const auto code = [&](const std::vector<uint8_t>& bytes) {
    ag_error error;
    ag_result* result = Untouched<ag_result>();
    const ag_code answer =
        ag_predict_bytes(predictor.get(), bytes.data(), bytes.size(), nullptr, &result, &error);
    EXPECT_EQ(answer == AG_OK, result != Untouched<ag_result>());
    EXPECT_EQ(answer == AG_OK, std::strlen(error.message) == 0);
    if (answer == AG_OK) ag_result_free(result);
    return answer;
  };
  const std::vector<uint8_t> whole = Ppm(*face_);
  EXPECT_EQ(code(whole), AG_OK);
  EXPECT_EQ(code({}), AG_EMPTY);
  EXPECT_EQ(code({'<', 'h', 't', 'm', 'l', '>'}), AG_UNKNOWN_FORMAT);
  EXPECT_EQ(code({whole.begin(), whole.end() - 1}), AG_CORRUPT_IMAGE);
  EXPECT_EQ(code({whole.begin(), whole.begin() + 4}), AG_CORRUPT_IMAGE);
  std::vector<uint8_t> jpeg = GrayJpeg();
  EXPECT_EQ(code(jpeg), AG_OK);
  jpeg[FindJpegMarker(jpeg, 0xC0) + 4] = 12;  // bits a sample
  EXPECT_EQ(code(jpeg), AG_UNSUPPORTED_IMAGE);
  EXPECT_EQ(code(Ppm(Image(face_->width + 1, face_->height))), AG_TOO_LARGE);
  EXPECT_EQ(code(std::vector<uint8_t>(200'001, ' ')), AG_TOO_LARGE);
  EXPECT_EQ(code(whole), AG_OK);
}

TEST_F(Api, TruncatedPicturesOnRequest) {
  ag_options options = DefaultOptions();
  options.allow_truncated = 1;
  const Predicting strict = MakePredictor(models_), lenient = MakePredictor(models_, &options);
  std::vector<uint8_t> jpeg = GrayJpeg();
  jpeg.resize(jpeg.size() * 4 / 5);
  ag_result* result = nullptr;
  EXPECT_EQ(ag_predict_bytes(strict.get(), jpeg.data(), jpeg.size(), nullptr, &result, nullptr),
            AG_CORRUPT_IMAGE);
  const ag_picture picture = PictureOf(PredictBytes(lenient.get(), jpeg));
  EXPECT_EQ(picture.flags, static_cast<uint32_t>(AG_PICTURE_TRUNCATED));
  EXPECT_EQ(picture.height, 128);
}

// ------------------------------------------------------------------------------------- results

void ExpectSame(const AgeGender& expected, const ag_face& found) {
  EXPECT_EQ(found.age, expected.age);
  EXPECT_EQ(found.age_low, expected.age_low);
  EXPECT_EQ(found.age_high, expected.age_high);
  EXPECT_EQ(found.p_female, expected.p_female);
  EXPECT_EQ(
      std::vector<float>(found.age_distribution, found.age_distribution + found.age_bin_count),
      expected.age_distribution);
}

TEST_F(Api, ResultsAreThePredictors) {
  auto direct =
      Predictor::Create(ShippedWeights("age_gender.agm"), ShippedWeights("face_detector.agm"), 1);
  ASSERT_TRUE(direct.ok());
  const auto expected = direct->Predict(*face_);
  ASSERT_TRUE(expected.ok());
  ASSERT_EQ(expected->faces.size(), 1u);
  const FaceResult& face = expected->faces[0];

  const Predicting predictor = MakePredictor(models_);
  const Result result = PredictPixels(predictor.get(), PixelsOf(*face_));
  const ag_picture picture = PictureOf(result);
  EXPECT_EQ(picture.width, face_->width);
  EXPECT_EQ(picture.height, face_->height);
  EXPECT_EQ(picture.rotation, expected->rotation);
  EXPECT_EQ(picture.flags, 0u);
  EXPECT_EQ(picture.frame, -1);
  EXPECT_EQ(picture.searched, 1);
  EXPECT_GT(picture.detect_ms, 0);
  ASSERT_EQ(ag_result_face_count(result.get()), 1u);
  const ag_face found = FaceOf(result, 0);
  ExpectSame(face.result, found);
  EXPECT_TRUE(face.result.has_interval);
  EXPECT_EQ(found.box.x, face.face.box.x);
  EXPECT_EQ(found.box.height, face.face.box.height);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(found.points[i].x, face.face.points[i].x);
    EXPECT_EQ(found.points[i].y, face.face.points[i].y);
  }
  EXPECT_EQ(found.score, face.face.score);
  EXPECT_EQ(found.eye_distance, face.quality.eye_distance);
  EXPECT_EQ(found.sharpness, face.quality.sharpness);
  EXPECT_EQ(found.yaw, face.quality.yaw);
  EXPECT_EQ(found.pitch, face.quality.pitch);
  EXPECT_EQ(found.roll, face.quality.roll);
  EXPECT_EQ(found.brightness, face.quality.brightness);
  EXPECT_EQ(found.outside, face.quality.outside);
  EXPECT_EQ(found.flags, face.flags);
  const ag_track track = TrackOf(result, 0);
  EXPECT_EQ(track.id, 0u);
  EXPECT_EQ(track.age_distribution, nullptr);

  auto beyond = Sized<ag_face>();
  EXPECT_EQ(ag_result_get_face(result.get(), 1, &beyond, nullptr), AG_INVALID_ARGUMENT);
  EXPECT_EQ(ag_result_get_face(result.get(), std::numeric_limits<size_t>::max(), &beyond, nullptr),
            AG_INVALID_ARGUMENT);
}

TEST_F(Api, ABoxIsLookedAtAlone) {
  const Predicting predictor = MakePredictor(models_);
  const ag_pixels pixels = PixelsOf(*face_);
  const ag_face whole = FaceOf(PredictPixels(predictor.get(), pixels), 0);
  ag_result* made = nullptr;
  ASSERT_EQ(ag_predict_pixels(predictor.get(), &pixels, &whole.box, &made, nullptr), AG_OK);
  const Result at_face(made);
  EXPECT_EQ(FaceOf(at_face, 0).flags & AG_FACE_BOX_ONLY, 0u);
  EXPECT_EQ(PictureOf(at_face).searched, 0);
  const ag_box corner = {0, 0, 12, 12};
  ASSERT_EQ(ag_predict_pixels(predictor.get(), &pixels, &corner, &made, nullptr), AG_OK);
  const Result nothing_there(made);
  EXPECT_EQ(FaceOf(nothing_there, 0).flags & AG_FACE_BOX_ONLY, uint32_t{AG_FACE_BOX_ONLY});
  EXPECT_EQ(FaceOf(nothing_there, 0).score, 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const ag_box& box : {ag_box{1000, 0, 10, 10}, ag_box{0, 0, 0, 10}, ag_box{0, nan, 9, 10},
                            ag_box{0, 0, -5, 10}, ag_box{-20, -20, 10, 10}}) {
    EXPECT_EQ(ag_predict_pixels(predictor.get(), &pixels, &box, &made, nullptr),
              AG_INVALID_ARGUMENT);
  }
}

TEST_F(Api, ResultsOutliveAllElse) {
  Models models = LoadShipped();
  Predicting predictor = MakePredictor(models.get());
  models.reset();  // the predictor goes on
  const Result result = PredictPixels(predictor.get(), PixelsOf(*face_));
  predictor.reset();
  const ag_face face = FaceOf(result, 0);
  double sum = 0;
  for (size_t i = 0; i < face.age_bin_count; ++i) sum += double{face.age_distribution[i]};
  EXPECT_NEAR(sum, 1, 1e-4);
}

// -------------------------------------------------------------------------------------- video

TEST_F(Api, VideoFollowsAFace) {
  const Video video = MakeVideo(models_);
  const std::vector<uint8_t> bytes = Ppm(*face_);
  ag_error error;
  ag_result* made = nullptr;
  uint64_t id = 0;
  for (int frame = 0; frame < 6; ++frame) {
    if (frame == 3) {  // one that cannot be read
      EXPECT_EQ(ag_video_next_bytes(video.get(), "junk", 4, &made, &error), AG_UNKNOWN_FORMAT);
      continue;
    }
    // Bytes and pixels take turns.
    if (frame % 2 == 0) {
      made = NextFrame(video.get(), PixelsOf(*face_)).release();
    } else {
      ASSERT_EQ(ag_video_next_bytes(video.get(), bytes.data(), bytes.size(), &made, &error), AG_OK)
          << error.message;
    }
    const Result result(made);
    EXPECT_EQ(PictureOf(result).frame, frame);
    EXPECT_EQ(PictureOf(result).searched, frame == 0 ? 1 : 0);
    ASSERT_EQ(ag_result_face_count(result.get()), 1u);
    const ag_track track = TrackOf(result, 0);
    EXPECT_EQ(track.id != 0, frame >= 1);  // confirm_frames
    if (track.id == 0) continue;
    if (id == 0) id = track.id;
    EXPECT_EQ(track.id, id);
    EXPECT_EQ(track.sightings, frame < 3 ? frame + 1 : frame);
    EXPECT_NEAR(track.age, FaceOf(result, 0).age, 3);  // one face that stands still
    EXPECT_GT(track.age_bin_count, 0u);
    EXPECT_NE(track.age_distribution, FaceOf(result, 0).age_distribution);
  }
  EXPECT_EQ(id, 1u);
  // Ids are never used again.
  ag_video_reset(video.get());
  EXPECT_EQ(TrackOf(NextFrame(video.get(), PixelsOf(*face_)), 0).id, 0u);
  const Result second = NextFrame(video.get(), PixelsOf(*face_));
  EXPECT_EQ(PictureOf(second).frame, 1);
  EXPECT_EQ(TrackOf(second, 0).id, 2u);
}

TEST_F(Api, VideoTakesItsOptions) {
  ag_options options = DefaultOptions();
  options.confirm_frames = 1;
  options.search_every = 1;
  const Video video = MakeVideo(models_, &options);
  for (int frame = 0; frame < 3; ++frame) {
    const Result result = NextFrame(video.get(), PixelsOf(*face_));
    EXPECT_EQ(PictureOf(result).searched, 1);
    EXPECT_EQ(TrackOf(result, 0).id, 1u);
  }
}

// --------------------------------------------------------------------------------------- JSON

std::string JsonOf(const ag_result* result, const char* file) {
  ag_error error;
  char* json = nullptr;
  EXPECT_EQ(ag_result_to_json(result, file, &json, &error), AG_OK) << error.message;
  const std::string text = json == nullptr ? "" : json;
  ag_json_free(json);
  return text;
}

// The same bytes as the command line's are examples_test.sh's to compare.
TEST_F(Api, JsonIsTheRecord) {
  const Predicting predictor = MakePredictor(models_);
  const Result result = PredictPixels(predictor.get(), PixelsOf(*face_));
  auto direct =
      Predictor::Create(ShippedWeights("age_gender.agm"), ShippedWeights("face_detector.agm"), 1);
  ASSERT_TRUE(direct.ok());
  auto predicted = direct->Predict(*face_);
  ASSERT_TRUE(predicted.ok());
  PictureRecord record;
  record.result = *std::move(predicted);
  for (const char* name : {"a.ppm", "M\xfcller \"1\".ppm", ""}) {
    record.file = name;
    EXPECT_EQ(JsonOf(result.get(), name), RecordJson(record));
  }
  EXPECT_EQ(JsonOf(result.get(), "a.ppm").find("\"frame\""), std::string::npos);
}

TEST_F(Api, JsonOfAVideo) {
  const Video video = MakeVideo(models_);
  NextFrame(video.get(), PixelsOf(*face_));
  const std::string json = JsonOf(NextFrame(video.get(), PixelsOf(*face_)).get(), "-");
  EXPECT_NE(json.find("\"frame\":1"), std::string::npos) << json;
  EXPECT_NE(json.find("\"track\":{\"id\":1,\"sightings\":2,"), std::string::npos) << json;
}

TEST_F(Api, JsonOfAFailure) {
  const Predicting predictor = MakePredictor(models_);
  ag_error failed;
  ag_result* result = nullptr;
  ASSERT_EQ(ag_predict_bytes(predictor.get(), nullptr, 0, nullptr, &result, &failed), AG_EMPTY);
  char* json = nullptr;
  ag_error error;
  ASSERT_EQ(ag_error_to_json(&failed, "a.jpg", -1, &json, &error), AG_OK) << error.message;
  const std::string message = failed.message;
  EXPECT_EQ(std::string(json),
            "{\"schema\":3,\"file\":\"a.jpg\",\"error\":{\"code\":\"empty\","
            "\"message\":\"" +
                message + "\"}}");
  ag_json_free(json);
  ASSERT_EQ(ag_error_to_json(&failed, "-", 7, &json, nullptr), AG_OK);
  EXPECT_NE(std::string(json).find("\"frame\":7"), std::string::npos) << json;
  ag_json_free(json);
  json = nullptr;
  for (const ag_code code : {ag_code{AG_OK}, 6, -1}) {
    failed.code = code;
    EXPECT_EQ(ag_error_to_json(&failed, "-", 7, &json, &error), AG_INVALID_ARGUMENT);
  }
  std::memset(&failed.message, 'x', sizeof(failed.message));  // not ended
  failed.code = AG_IO;
  ASSERT_EQ(ag_error_to_json(&failed, "-", 7, &json, nullptr), AG_OK);
  EXPECT_NE(std::string(json).find(std::string(sizeof(failed.message), 'x') + "\"}}"),
            std::string::npos);
  ag_json_free(json);
}

// ------------------------------------------------------------------------------------- threads

TEST_F(Api, TwoThreadsWithAPredictorEach) {
  const double expected =
      FaceOf(PredictPixels(MakePredictor(models_).get(), PixelsOf(*face_)), 0).age;
  constexpr size_t kEach = 4;
  std::vector<double> ages(2 * kEach, 0);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&, thread] {
      const Predicting predictor = MakePredictor(models_);
      for (size_t i = 0; i < kEach; ++i) {
        ages[thread * kEach + i] = FaceOf(PredictPixels(predictor.get(), PixelsOf(*face_)), 0).age;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double age : ages) EXPECT_EQ(age, expected);
}

// One picture's work on a pool of threads.
TEST_F(Api, APredictorOfTwoThreads) {
  ag_options options = DefaultOptions();
  options.threads = 2;
  const ag_face one = FaceOf(PredictPixels(MakePredictor(models_).get(), PixelsOf(*face_)), 0),
                two = FaceOf(
                    PredictPixels(MakePredictor(models_, &options).get(), PixelsOf(*face_)), 0);
  EXPECT_NEAR(one.age, two.age, 1e-3);
}

// A handle may wander from thread to thread, and be freed in another one.
TEST_F(Api, HandlesWander) {
  Predicting predictor;
  std::thread([&] { predictor = MakePredictor(models_); }).join();
  Result result = PredictPixels(predictor.get(), PixelsOf(*face_));
  std::thread([&] {
    EXPECT_EQ(ag_result_face_count(result.get()), 1u);
    predictor.reset();
    result.reset();
  }).join();
}

// --------------------------------------------------------------------------------------- quiet

TEST_F(Api, NothingIsPrinted) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  std::string message;
  FromFiles("/nowhere", "/nowhere", &message);
  FromMemory({'x'}, {'y'});
  const Predicting predictor = MakePredictor(models_);
  ag_result* result = nullptr;
  ag_error error;
  ag_predict_bytes(predictor.get(), "junk", 4, nullptr, &result, &error);
  PredictPixels(predictor.get(), PixelsOf(*face_));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ApiNames, CodesHaveWords) {
  EXPECT_STREQ(ag_code_name(AG_OK), "ok");
  EXPECT_STREQ(ag_code_name(AG_INTERNAL), "internal");
  EXPECT_STREQ(ag_code_name(AG_CORRUPT_IMAGE), "corrupt_image");
  EXPECT_STREQ(ag_code_name(AG_BACKEND), "backend");
  for (const ag_code code : {-1, 6, 19, 25, 61, std::numeric_limits<int>::max()}) {
    EXPECT_STREQ(ag_code_name(code), "unknown") << code;
  }
  EXPECT_EQ(ag_version(), Version());
}

}  // namespace
}  // namespace ag::test
