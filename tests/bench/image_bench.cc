// Decoding, resizing, warping: milliseconds on one core. `./ag bench image`.
#include <benchmark/benchmark.h>

#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"
#include "tests/support/image_files.h"

namespace ag {
namespace {

void DecodePng12Megapixels(benchmark::State& state) {
  const test::Bytes png = test::MakePng(test::MakePicture(4000, 3000));
  for (auto _ : state) benchmark::DoNotOptimize(DecodeImage(png));
}
BENCHMARK(DecodePng12Megapixels)->Unit(benchmark::kMillisecond);

// Every block of one colour: what is measured is the inverse transform, colour and copying, with
// the least of entropy decoding.
void DecodeFlatJpeg12Megapixels(benchmark::State& state) {
  const test::Bytes jpeg = test::MakeBlockJpeg(
      {.block_columns = 500, .block_rows = 375, .components = 3},
      [](int column, int row, int component) { return (3 * column + 5 * row + component) % 256; });
  for (auto _ : state) benchmark::DoNotOptimize(DecodeImage(jpeg));
}
BENCHMARK(DecodeFlatJpeg12Megapixels)->Unit(benchmark::kMillisecond);

void DecodeSmallJpeg(benchmark::State& state) {
  const test::Bytes jpeg = test::SampleBaselineJpeg();
  for (auto _ : state) benchmark::DoNotOptimize(DecodeImage(jpeg));
}
BENCHMARK(DecodeSmallJpeg)->Unit(benchmark::kMicrosecond);

void Resize12MegapixelsTo320(benchmark::State& state) {
  const Image picture = test::MakePicture(4000, 3000);
  for (auto _ : state) benchmark::DoNotOptimize(ResizeArea(picture, 320, 240));
}
BENCHMARK(Resize12MegapixelsTo320)->Unit(benchmark::kMillisecond);

// The scale is the argument divided by 10.
void Warp112(benchmark::State& state) {
  const Image picture = test::MakePicture(4000, 3000);
  const double scale = static_cast<double>(state.range(0)) / 10;
  const SimilarityTransform transform = {0.96 * scale, 0.28 * scale, {2000.3, 1500.7}};
  for (auto _ : state) benchmark::DoNotOptimize(WarpSimilarity(picture, transform, 112, 112));
}
BENCHMARK(Warp112)->Arg(7)->Arg(15)->Arg(25)->Arg(35)->Arg(45)->Arg(90)->Arg(200)->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace ag
