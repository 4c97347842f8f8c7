#include "native/run/frames.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/ordered_work.h"
#include "native/base/output_file.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/fast_decode.h"
#include "native/pictures/inputs.h"
#include "native/pictures/model_files.h"
#include "native/pictures/picture_stream.h"
#include "native/run/record_formatter.h"
#include "shared/base/file.h"
#include "shared/predict/video.h"

namespace ag {
namespace {

// One thread decodes about as fast as all the others predict; a second one evens out slow frames.
constexpr size_t kDecoders = 2;
// Decoded frames that may wait, per decoder: a film frame takes 6 MB, a photograph 36 MB.
constexpr size_t kWaitingFrames = 2;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The leading digits without leading zeros; `text` loses them all.
std::string_view TakeNumber(std::string_view* text) {
  const auto end = std::find_if_not(text->begin(), text->end(), IsDigit);
  std::string_view digits = text->substr(0, static_cast<size_t>(end - text->begin()));
  text->remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

struct Frame {
  Input input;
  bool streamed = false;
  std::vector<uint8_t> bytes;  // of a picture from a stream; otherwise read from the file
};

// Whether it may hold pictures one after the other: standard input, a pipe.
bool IsStream(const Input& input) {
  if (!input.named || !input.status.ok()) return false;
  std::error_code ignored;
  return NamesDescriptor(input.file) || std::filesystem::is_fifo(input.file, ignored);
}

// All frames in order.
class FrameSource {
 public:
  FrameSource(std::vector<Input> inputs, const DecodeLimits& limits)
      : inputs_(std::move(inputs)), limits_(limits) {}

  // One caller at a time, except for Stop().
  std::optional<Frame> Next() {
    while (InterruptSignal() == 0 && !stopped_) {
      if (stream_) {
        if (auto picture = stream_->Next()) {
          return Frame{
              {streamed_from_, std::move(picture->status)}, true, std::move(picture->bytes)};
        }
        stream_.reset();
      }
      if (next_ == inputs_.size()) return std::nullopt;
      Input input = std::move(inputs_[next_++]);
      if (!IsStream(input)) return Frame{std::move(input), false, {}};
      StatusOr<ReadableFile> opened =
          ReadableFile::Open(input.file, {.named = true, .stop = stop_check()});
      if (!opened.ok()) {
        input.status = opened.status();
        return Frame{std::move(input), true, {}};
      }
      streamed_from_ = std::move(input.file);
      auto file = std::make_shared<ReadableFile>(*std::move(opened));
      stream_.emplace([file](std::span<uint8_t> bytes) { return file->Read(bytes); },
                      limits_.max_bytes);
    }
    return std::nullopt;
  }

  // Whether no more frames are wanted.
  StopCheck stop_check() const {
    return [this] { return InterruptSignal() != 0 || stopped_; };
  }

  // May be called from another thread: Next() no longer waits for a stream.
  void Stop() { stopped_ = true; }

 private:
  std::vector<Input> inputs_;
  DecodeLimits limits_;
  size_t next_ = 0;
  std::optional<PictureStream> stream_;
  std::string streamed_from_;
  std::atomic<bool> stopped_ = false;
};

// Only names: a video of a million frames takes about 100 MB.
StatusOr<std::vector<Input>> ListFrames(const RunArguments& run, LeftOut* left_out) {
  AG_RETURN_IF_ERROR(OpenInputs(run).status());  // refuses what cannot be read
  std::vector<Input> frames;
  for (const std::string& path : run.inputs.paths) {
    InputArguments arguments;
    arguments.paths = {path};
    arguments.folders = run.folders.options;
    AG_ASSIGN_OR_RETURN(InputSource source, InputSource::Open(std::move(arguments)));
    const size_t begin = frames.size();
    while (std::optional<Input> input = source.Next()) frames.push_back(*std::move(input));
    left_out->Add(source.left_out());
    std::stable_sort(
        frames.begin() + static_cast<ptrdiff_t>(begin), frames.end(),
        [](const Input& a, const Input& b) { return NaturallyBefore(a.file, b.file); });
  }
  return frames;
}

struct DecodedFrame {
  std::string file;
  StatusOr<DecodedImage> picture = Status(Code::kInternal, "not decoded");
};

StatusOr<DecodedImage> DecodeBytes(std::span<const uint8_t> bytes, const RunArguments& run) {
  return run.fast_decode ? DecodeFast(bytes, run.engine.limits)
                         : DecodeImage(bytes, run.engine.limits);
}

DecodedFrame Decode(const Frame& frame, const RunArguments& run, const StopCheck& stop) {
  DecodedFrame decoded;
  decoded.file = frame.input.file;
  if (!frame.input.status.ok()) {
    decoded.picture = frame.input.status;
    return decoded;
  }
  try {
    decoded.picture = frame.streamed
                          ? DecodeBytes(frame.bytes, run)
                          : LoadPicture(frame.input, run.engine.limits, run.fast_decode, stop);
  } catch (const std::bad_alloc&) {
    decoded.picture = Status(Code::kOutOfMemory, "not enough memory");
  }
  return decoded;
}

// Predicts frame by frame and writes the records.
class FrameRun {
 public:
  FrameRun(VideoPredictor video, OutputFile output, RecordFormatter formatter,
           std::optional<size_t> total, bool fail_fast)
      : video_(std::move(video)),
        output_(std::move(output)),
        formatter_(std::move(formatter)),
        progress_("predict", total, ::isatty(STDOUT_FILENO) != 1),
        fail_fast_(fail_fast) {}

  bool Begin() { return Check(output_.Write(formatter_.Header())); }

  // False: stop.
  bool Add(DecodedFrame frame) {
    if (frame.picture.status().code() == Code::kInterrupted) return false;
    PictureRecord record;
    record.file = std::move(frame.file);
    record.frame = frames_++;
    record.status = Predict(frame.picture, &record);
    if (!record.status.ok()) {
      failed_ = true;
      progress_.Clear();
      const std::string hint = record.status.code() == Code::kTooLarge
                                   ? " (--max-pixels and --max-bytes raise the limits)"
                                   : "";
      PrintError(record.file + ": frame " + std::to_string(*record.frame) + ": " +
                 record.status.message() + hint);
    }
    progress_.Update(static_cast<size_t>(frames_));
    if (!Check(output_.Write(formatter_.Format(record)))) return false;
    return InterruptSignal() == 0 && !(failed_ && fail_fast_);
  }

  // Also after an interrupt: the part of a video that was processed is a valid result.
  int End() {
    progress_.Clear();
    if (!broken_ && Check(output_.Write(formatter_.Footer()))) Check(output_.Finish());
    if (broken_) return kExitUsage;
    return failed_ ? kExitSomeFailed : kExitDone;
  }

 private:
  Status Predict(const StatusOr<DecodedImage>& picture, PictureRecord* record) {
    if (!picture.ok()) return picture.status();
    try {
      AG_ASSIGN_OR_RETURN(FrameResult result, video_.Next(picture->image));
      SetFrameResult(std::move(result), record);
      record->result.picture_flags = picture->flags;
    } catch (const std::bad_alloc&) {
      return Status(Code::kOutOfMemory, "not enough memory");
    }
    return OkStatus();
  }

  bool Check(const Status& status) {
    if (status.ok()) return true;
    broken_ = true;
    progress_.Clear();
    if (!output_.reader_gone()) PrintError(status.message());
    return false;
  }

  VideoPredictor video_;
  OutputFile output_;
  RecordFormatter formatter_;
  Progress progress_;
  bool fail_fast_;
  int64_t frames_ = 0;
  bool failed_ = false;
  bool broken_ = false;  // the output cannot be written
};

}  // namespace

bool NaturallyBefore(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (IsDigit(a.front()) && IsDigit(b.front())) {
      const std::string_view number_a = TakeNumber(&a), number_b = TakeNumber(&b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
      continue;
    }
    const auto byte_a = static_cast<uint8_t>(a.front()), byte_b = static_cast<uint8_t>(b.front());
    if (byte_a != byte_b) return byte_a < byte_b;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // they differ in leading zeros
}

void AddFramesOptions(CommandLine* line, FramesArguments* arguments) {
  const Option frames = line->AddFlag(
      "--frames", &arguments->enabled,
      "The inputs are the frames of a video: a folder, pictures, or - for JPEG, PNG or PPM files "
      "one after the other on standard input; records get the frame's number and tracks");
  for (const char* name : {"--box", "--list", "--shard", "--resume", "--annotate", "--crops"}) {
    if (const std::optional<Option> other = line->Find(name)) frames.Excludes(*other);
  }
  line->Add("--search-every", &arguments->search_every,
            "With --frames: the whole frame is searched for faces at least this often")
      .ShowDefault()
      .InRange(1, 1'000'000)
      .Needs(frames);
  line->Add("--track-memory", &arguments->track_memory,
            "With --frames: a face may be missing for this many frames and keep its track")
      .ShowDefault()
      .InRange(0, 1'000'000)
      .Needs(frames);
}

StatusOr<int> RunFrames(const RunArguments& run, const FramesArguments& frames) {
  LeftOut left_out;
  AG_ASSIGN_OR_RETURN(std::vector<Input> inputs, ListFrames(run, &left_out));
  const EngineArguments& engine = run.engine;
  AG_ASSIGN_OR_RETURN(ModelPair models, LoadModels(engine.model, engine.detector));
  VideoOptions options;
  options.find = engine.find;
  options.track.memory_frames = frames.track_memory;
  options.search_every = frames.search_every;
  AG_ASSIGN_OR_RETURN(VideoPredictor video,
                      VideoPredictor::Create(std::move(models.net), std::move(models.detector),
                                             engine.ThreadCount(), options));
  AG_ASSIGN_OR_RETURN(const RunFiles files, CheckFiles(run, RecordContent::kPredictions,
                                                       {{"--model", models.net_path},
                                                        {"--detector", models.detector_path}}));
  for (const Input& input : inputs) AG_RETURN_IF_ERROR(files.CheckInput(input.file));
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(run.out));

  size_t file_width = 0;
  bool streamed = false;
  for (const Input& input : inputs) {
    file_width = std::max(file_width, input.file.size());
    streamed = streamed || IsStream(input);
  }
  const std::optional<size_t> total = streamed ? std::nullopt : std::optional(inputs.size());
  FrameRun frame_run(
      std::move(video), std::move(output),
      RecordFormatter(ChooseFormat(run), file_width, RecordContent::kPredictions, UseOfText(run)),
      total, run.fail_fast);
  FrameSource source(std::move(inputs), engine.limits);
  if (frame_run.Begin()) {
    RunOrderedStream<Frame, DecodedFrame>(
        kDecoders, [&] { return source.Next(); },
        [&](size_t, const Frame& frame) { return Decode(frame, run, source.stop_check()); },
        [&](DecodedFrame frame) { return frame_run.Add(std::move(frame)); }, kWaitingFrames,
        [&] { source.Stop(); });
  }
  const int code = frame_run.End();
  const bool failed = InterruptSignal() == 0 && ReportLeftOut(left_out, run.folders.strict);
  return failed && code == kExitDone ? kExitSomeFailed : code;
}

}  // namespace ag
