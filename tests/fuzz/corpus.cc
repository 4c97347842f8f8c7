#include "tests/fuzz/corpus.h"

#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "native/tensors/tensor_file.h"
#include "shared/infer/load_model.h"
#include "shared/model/container.h"
#include "tests/hostile/hostile_writer.h"
#include "tests/support/image_files.h"
#include "tests/support/model_builder.h"

namespace ag::fuzz {
namespace {

using test::Bytes;

void Add(std::vector<Seed>* seeds, std::string name, Bytes bytes) {
  seeds->push_back({std::move(name), std::move(bytes)});
}

void Add(std::vector<Seed>* seeds, std::string name, std::string_view text) {
  seeds->push_back({std::move(name), Bytes(text.begin(), text.end())});
}

// --- Pictures.

// By zlib at level 9, with a dynamic Huffman block: 12 rows of 17 bytes, filters 0 to 4 in turn,
// then the samples x * y / 4 + y % 3.
constexpr uint8_t kDynamicDeflate[] = {
    0x78, 0xda, 0x5d, 0x8c, 0xc9, 0x0e, 0x83, 0x30, 0x0c, 0x05, 0xb3, 0x98, 0x24, 0x24, 0x2c,
    0x29, 0x10, 0xa0, 0x01, 0x0a, 0xa8, 0x8b, 0x2a, 0xf5, 0xff, 0xff, 0xaf, 0xcf, 0x3d, 0x76,
    0x4e, 0x9e, 0xb1, 0x65, 0x21, 0xfe, 0x90, 0x8c, 0x02, 0x1a, 0x10, 0xf8, 0x8d, 0x44, 0x45,
    0x61, 0x8c, 0xb5, 0xce, 0x95, 0xa5, 0xc6, 0x11, 0x27, 0x0e, 0x50, 0x1f, 0x08, 0x0a, 0x83,
    0xf8, 0x50, 0xd5, 0x4d, 0x1b, 0x05, 0x3b, 0x2b, 0xdb, 0xa5, 0xeb, 0x07, 0x29, 0xa4, 0x26,
    0x63, 0x39, 0xb4, 0xb1, 0xeb, 0xd3, 0xa8, 0xa4, 0x22, 0xe3, 0xca, 0xc0, 0x3a, 0x8c, 0xd3,
    0x75, 0xd1, 0xec, 0xbe, 0x6a, 0x58, 0xe7, 0xbc, 0xde, 0x0e, 0x12, 0x28, 0x7c, 0xc0, 0x61,
    0xd9, 0xf6, 0x13, 0x2f, 0x8c, 0x0b, 0x75, 0xec, 0xd2, 0x94, 0xd7, 0xfd, 0x7c, 0xbc, 0xf0,
    0xc2, 0x7a, 0xec, 0xd3, 0x9c, 0xb7, 0xe3, 0xfe, 0x7c, 0x7f, 0xbe, 0x1e, 0x49, 0x08, 0x62};

// The compressed samples stand where the stored ones of a picture of that size stood.
Bytes DynamicPng() {
  Bytes png =
      test::MakePng({.width = 16, .height = 12, .colour_type = 0}, [](int, int, int) { return 0; });
  constexpr size_t kHeader = 8 + 25;
  constexpr size_t kEnd = 12;
  png.erase(png.begin() + kHeader, png.end() - kEnd);
  return test::InsertPngChunk(png, "IDAT", kDynamicDeflate);
}

void AddPngs(std::vector<Seed>* seeds) {
  const auto sample = [](int x, int y, int c) { return (x * 3 + y * 5 + c) & 1; };
  for (const int type : {0, 2, 3, 4, 6}) {
    for (const int depth : {1, 2, 4, 8, 16}) {
      const bool small = depth < 8;
      if ((small && type != 0 && type != 3) || (depth == 16 && type == 3)) continue;
      test::PngOptions options{.width = 9, .height = 6, .colour_type = type, .depth = depth};
      if (type == 3) options.palette = {1, 2, 3, 200, 100, 50};
      const std::string name = "png_type" + std::to_string(type) + "_" + std::to_string(depth);
      Add(seeds, name, test::MakePng(options, sample));
      options.interlaced = true;
      if (type == 3) options.transparency = {0, 128};
      if (type == 0) options.transparency = {0, 1};
      if (type == 2) options.transparency = {0, 1, 0, 1, 0, 1};
      Add(seeds, name + "_interlaced", test::MakePng(options, sample));
    }
  }
  const Bytes png = test::MakePng(test::MakePicture(7, 5));
  Add(seeds, "png_exif", test::InsertPngChunk(png, "eXIf", test::MakeExifTiff(6, false)));
  const Bytes profile = test::MakeIccProfile({.primaries = test::SrgbPrimaries(),
                                              .curve = 3,
                                              .curve_numbers = test::SrgbCurveParameters()});
  Add(seeds, "png_profile", test::WithPngProfile(png, profile));
  Add(seeds, "png_gamma",
      test::InsertPngChunk(
          test::InsertPngChunk(png, "gAMA", Bytes{0, 1, 0x86, 0xa0}), "cHRM",
          Bytes{0, 0, 0x7a, 0x26, 0, 0, 0x80, 0x84, 0, 0, 0xfa, 0,    0, 0, 0x80, 0xe8,
                0, 0, 0x75, 0x30, 0, 0, 0xea, 0x60, 0, 0, 0x3a, 0x98, 0, 0, 0x17, 0x70}));
  Add(seeds, "png_no_end", Bytes(png.begin(), png.end() - 12));
  Add(seeds, "png_dynamic", DynamicPng());
  Bytes apple = test::InsertPngChunk(png, "CgBI", Bytes{0x50, 0, 0x20, 2});
  Add(seeds, "png_unknown_chunk", std::move(apple));
}

void AddJpegs(std::vector<Seed>* seeds) {
  const auto block = [](int column, int row, int component) {
    return 30 + 20 * column + 40 * row + 9 * component;
  };
  Add(seeds, "jpeg_baseline", test::SampleBaselineJpeg());
  Add(seeds, "jpeg_restart", test::SampleRestartJpeg());
  Add(seeds, "jpeg_progressive", test::SampleProgressiveJpeg());
  Add(seeds, "jpeg_arithmetic", test::SampleArithmeticJpeg());
  for (const int orientation : {3, 6}) {
    Add(seeds, "jpeg_exif" + std::to_string(orientation),
        test::InsertJpegSegment(test::SampleBaselineJpeg(), 0xe1,
                                test::MakeExifSegment(orientation, orientation == 6)));
  }
  for (const int curve : {-2, -1}) {
    Add(seeds, "jpeg_profile_" + std::to_string(-curve),
        test::WithJpegProfile(
            test::SampleBaselineJpeg(),
            test::MakeIccProfile(
                {.primaries = test::SrgbPrimaries(), .curve = curve, .curve_numbers = {0.5, 1}}),
            150));
  }
  Add(seeds, "jpeg_no_tables", test::RemoveJpegSegments(test::SampleStandardTablesJpeg(), 0xc4));
  for (Bytes jpeg : {test::SampleProgressiveJpeg(), test::SampleProgressiveRestartJpeg()}) {
    const std::string name = "jpeg_progressive_" + std::to_string(jpeg.size());
    Add(seeds, name + "_junk", test::InsertBytes(jpeg, jpeg.size() - 2, Bytes{0xff, 0xd0, 7}));
    jpeg.resize(jpeg.size() - 2);
    Add(seeds, name + "_no_end", jpeg);
    jpeg.resize(jpeg.size() / 2);
    Add(seeds, name + "_half", jpeg);
  }
  Add(seeds, "jpeg_gray", test::MakeBlockJpeg({.block_columns = 3, .block_rows = 2}, block));
  for (const int transform : {0, 1}) {
    Add(seeds, "jpeg_three_" + std::to_string(transform),
        test::MakeBlockJpeg({.block_columns = 2, .components = 3, .adobe_transform = transform},
                            block));
  }
  for (const int transform : {0, 2}) {
    Add(seeds, "jpeg_four_" + std::to_string(transform),
        test::MakeBlockJpeg({.block_columns = 2,
                             .block_rows = 2,
                             .components = 4,
                             .adobe_transform = transform,
                             .restart_interval = 1},
                            block));
  }
}

// The header of a 4x2 picture for every bit depth that the format has.
Bytes SmallBmp(uint8_t depth) {
  const size_t colours = depth <= 8 ? size_t{1} << depth : 0;
  const size_t begin = 14 + 40 + 4 * colours;
  const size_t stride = (4 * size_t{depth} + 31) / 32 * 4;
  Bytes bmp(begin + 2 * stride, 0);
  bmp[0] = 'B';
  bmp[1] = 'M';
  bmp[2] = static_cast<uint8_t>(bmp.size());
  bmp[3] = static_cast<uint8_t>(bmp.size() >> 8);
  bmp[10] = static_cast<uint8_t>(begin);
  bmp[11] = static_cast<uint8_t>(begin >> 8);
  bmp[14] = 40;
  bmp[18] = 4;
  bmp[22] = 2;
  bmp[26] = 1;
  bmp[28] = depth;
  for (size_t i = begin; i < bmp.size(); ++i) bmp[i] = static_cast<uint8_t>(37 * i);
  return bmp;
}

// A second frame behind the first one.
Bytes AnimatedGif() {
  const Bytes first = test::MakeGif(test::MakePicture(6, 4, 1));
  const Bytes second = test::MakeGif(test::MakePicture(6, 4, 2));
  constexpr size_t kHeader = 13 + 3 * 128;  // with the table of 128 colours
  Bytes gif(first.begin(), first.end() - 1);
  gif.insert(gif.begin() + kHeader, {0x21, 0xf9, 4, 9, 5, 0, 3, 0});  // a transparent colour
  gif.insert(gif.end(), second.begin() + kHeader, second.end());
  return gif;
}

std::vector<Seed> ImageSeeds() {
  std::vector<Seed> seeds;
  AddPngs(&seeds);
  AddJpegs(&seeds);
  Add(&seeds, "bmp", test::MakeBmp(test::MakePicture(7, 5)));
  for (const uint8_t depth : {1, 4, 8, 16, 32}) {
    Add(&seeds, "bmp_" + std::to_string(depth), SmallBmp(depth));
  }
  const auto pixel = [](int x, int y) { return static_cast<uint32_t>(37 * x + 91 * y) & 1; };
  for (const int header : {12, 16, 52, 56, 64, 108, 124}) {
    Add(&seeds, "bmp_header_" + std::to_string(header),
        test::MakeBmp({.width = 9, .height = 5, .header = header, .top_down = header > 50}, pixel));
  }
  const Bytes colours = {9, 9, 9, 250, 100, 50};
  Add(&seeds, "bmp_runs_8",
      test::MakeBmp({.width = 6,
                     .height = 3,
                     .depth = 8,
                     .compression = 1,
                     .palette = colours,
                     .data = {6, 1, 0, 0, 0, 3, 1, 0, 1, 0, 3, 1, 0, 0, 0, 2, 4, 0, 2, 1, 0, 1}},
                    nullptr));
  Add(&seeds, "bmp_runs_4",
      test::MakeBmp({.width = 5,
                     .height = 2,
                     .depth = 4,
                     .compression = 2,
                     .palette = colours,
                     .data = {5, 0x10, 0, 0, 0, 3, 0x10, 0x10, 2, 0x11, 0, 1}},
                    nullptr));
  Add(&seeds, "bmp_masks",
      test::MakeBmp({.width = 3,
                     .height = 2,
                     .header = 56,
                     .depth = 32,
                     .compression = 3,
                     .masks = {0xff0000, 0xff00, 0xff, 0xff000000}},
                    pixel));
  for (int kind = 1; kind <= 6; ++kind) {
    Add(&seeds, "pnm_" + std::to_string(kind),
        test::MakePnm(test::MakePicture(9, 5), kind, kind == 6 ? 1023 : 255, "\n#c\n"));
  }
  Add(&seeds, "gif", test::MakeGif(test::MakePicture(7, 5)));
  Add(&seeds, "gif_animated", AnimatedGif());
  Add(&seeds, "webp", std::string_view("RIFF\x10\0\0\0WEBPVP8 ", 16));
  Add(&seeds, "text", "this is no picture\n");
  return seeds;
}

// --- EXIF.

std::vector<Seed> ExifSeeds() {
  std::vector<Seed> seeds;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool little = orientation % 2 == 0;
    const std::string number = std::to_string(orientation);
    Add(&seeds, "tiff_" + number, test::MakeExifTiff(orientation, little));
    Add(&seeds, "jpeg_" + number,
        test::InsertJpegSegment({0xff, 0xd8, 0xff, 0xd9}, 0xe1,
                                test::MakeExifSegment(orientation, !little)));
  }
  const Bytes png = test::MakePng(test::MakePicture(2, 2));
  Add(&seeds, "png", test::InsertPngChunk(png, "eXIf", test::MakeExifTiff(5, true)));
  Add(&seeds, "png_prefix", test::InsertPngChunk(png, "eXIf", test::MakeExifSegment(5, true)));
  return seeds;
}

// --- Models.

std::vector<Seed> ModelSeeds() {
  std::vector<Seed> seeds;
  Model calibrated = test::SmallAgeGenderModel(7, 3, Storage::kFloat32, 8);
  calibrated.age_gender->gender_temperature = 1.5f;
  calibrated.age_gender->age_interval = {{0.5f, -1, 2}, {1, -2, 1}, {1.75f, 0, 3}};
  const std::array<std::pair<const char*, Model>, 5> models = {{
      {"float32", test::SmallAgeGenderModel(3, 3, Storage::kFloat32, 8)},
      {"float16_gray", test::SmallAgeGenderModel(4, 3, Storage::kFloat16, 8, Colour::kGray)},
      {"int8_value", test::SmallAgeGenderModel(5, 0, Storage::kInt8PerChannel, 8)},
      {"detector", test::SmallDetectorModel(6, 32)},
      {"calibrated", calibrated},
  }};
  for (const auto& [name, model] : models) {
    const Bytes payload = test::HostilePayload(model);
    Add(&seeds, name, payload);
    Add(&seeds, std::string(name) + "_file", MakeContainer(payload));
  }
  test::Faults faults;
  faults.share_data = true;
  Add(&seeds, "shared_data", test::HostilePayload(models[0].second, faults));
  return seeds;
}

// --- Data sets.

std::vector<Seed> DatasetSeeds() {
  const std::string digest(64, 'a');
  std::vector<Seed> seeds;
  Add(&seeds, "manifest",
      "file,age,gender,group,weight\na.jpg,31,male,White,1\n\"b, c.png\", 4.5 ,f,,0.25\n"
      "d.png,200,male,,\n");
  Add(&seeds, "manifest_range",
      "\xEF\xBB\xBF"
      "Gender,FILE,age_lo,age_hi\r\n0,x.bmp,20,29\r\n,y,7,3");
  Add(&seeds, "split",
      "file,sha256,part\na.jpg," + digest + ",train\n\"b \"\"c\"\"\"," + digest + ",val\n");
  Add(&seeds, "quotes", "a,\"b\nc\",\"\"\r\"never closed\nx\"y\n\"z\"z,1\n\n\r\n,,\n");
  Add(&seeds, "utkface", "100_1_2_20170112213500903.jpg.chip.jpg");
  Add(&seeds, "utkface_no_race", "39_1_20170116174525125.jpg.chip.jpg");
  return seeds;
}

// --- Streams of pictures.

std::vector<Seed> StreamSeeds() {
  const Bytes jpeg = test::SampleBaselineJpeg();
  const Bytes small = test::MakeBlockJpeg({}, [](int, int, int) { return 90; });
  const Bytes png = test::MakePng(test::MakePicture(3, 2));
  const auto join = [](std::initializer_list<Bytes> parts) {
    Bytes joined;
    for (const Bytes& part : parts) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  };
  std::vector<Seed> seeds;
  Add(&seeds, "two_jpegs", join({small, small}));
  Add(&seeds, "two_pngs", join({png, png}));
  Add(&seeds, "mixed", join({jpeg, Bytes(20, '-'), png, small}));
  Add(&seeds, "multipart",
      join({Bytes{'-', '-', 'x', '\r', '\n'}, small, Bytes{'\r', '\n'}, small}));
  Add(&seeds, "thumbnail", test::InsertJpegSegment(small, 0xe1, small));
  Add(&seeds, "cut", join({Bytes(small.begin(), small.end() - 9), png}));
  Add(&seeds, "too_large", join({test::MakePng(test::MakePicture(40, 30)), png}));
  Add(&seeds, "restarts", join({test::SampleRestartJpeg(), test::SampleProgressiveJpeg()}));
  const Bytes ppm = test::MakePnm(test::MakePicture(4, 3), 6);
  const Bytes pgm = test::MakePnm(test::MakePicture(4, 3), 5, 1000, "\n# a\n");
  Add(&seeds, "two_ppms", join({ppm, ppm}));
  Add(&seeds, "pnm_mixed", join({pgm, png, ppm, small, test::MakePnm(test::MakePicture(9, 2), 4)}));
  Add(&seeds, "ppm_too_large", join({test::MakePnm(test::MakePicture(40, 30), 6), ppm}));
  Add(&seeds, "no_picture", Bytes(1500, 'x'));
  return seeds;
}

// --- Checkpoints.

std::vector<Seed> CheckpointSeeds() {
  std::vector<Seed> seeds;
  const Bytes values(48, 1), more(24, 2);
  const std::vector<StoredTensor> none;
  const std::vector<StoredTensor> some = {
      {"net/conv.weight", TensorType::kFloat32, {1, 3, 2, 2}, values},
      {"net/norm.num_batches_tracked", TensorType::kInt64, {}, std::span(more).first(8)},
      {"second_moment/age.bias", TensorType::kFloat32, {6}, more},
      {"empty", TensorType::kFloat32, {0}, {}}};
  const nlohmann::json meta = {{"epoch", 2},
                               {"recipe", {{"arch", "compact"}, {"seed", 1}}},
                               {"best_loss", nullptr},
                               {"history", {{1, 2.5, nullptr}, {2, 1e-3, -7}}}};
  Add(&seeds, "nothing_in_it", *MakeTensorFile(nlohmann::json::object(), none));
  Add(&seeds, "text_alone", *MakeTensorFile(meta, none));
  Add(&seeds, "tensors", *MakeTensorFile(nlohmann::json::object(), some));
  Add(&seeds, "both", *MakeTensorFile(meta, some));
  return seeds;
}

struct Target {
  std::string_view name;
  std::vector<Seed> (*seeds)();
};

constexpr Target kTargets[] = {
    {"image", ImageSeeds},     {"exif", ExifSeeds},     {"model", ModelSeeds},
    {"dataset", DatasetSeeds}, {"stream", StreamSeeds}, {"checkpoint", CheckpointSeeds},
};

}  // namespace

std::vector<std::string_view> TargetNames() {
  std::vector<std::string_view> names;
  for (const Target& target : kTargets) names.push_back(target.name);
  return names;
}

std::vector<Seed> SeedsOf(std::string_view name) {
  for (const Target& target : kTargets) {
    if (target.name == name) return target.seeds();
  }
  return {};
}

}  // namespace ag::fuzz
