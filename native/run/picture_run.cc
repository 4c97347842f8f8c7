#include "native/run/picture_run.h"

#include <unistd.h>

#include <filesystem>
#include <limits>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/file_json.h"
#include "native/base/interrupt.h"
#include "native/base/ordered_work.h"
#include "native/base/output_file.h"
#include "native/pictures/annotate.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/fast_decode.h"
#include "native/run/earlier_records.h"
#include "native/run/partial_file.h"
#include "native/run/picture_folder.h"
#include "shared/base/version.h"

namespace ag {
namespace {

// Not a stream, and with records that say which input they are of.
bool CanBeGoneOnWith(const std::string& path, RecordFormat format) {
  return !OutputFile::IsStream(path) && format != RecordFormat::kTable;
}

// Where records go: to a stream or a file that appears when it is complete, or to a file that can
// be resumed.
class RecordOutput {
 public:
  static StatusOr<RecordOutput> Open(const RunArguments& arguments, RecordFormat format,
                                     const RecordFormatter& formatter,
                                     const nlohmann::ordered_json& made_by) {
    RecordOutput output;
    if (!CanBeGoneOnWith(arguments.out, format)) {
      if (arguments.resume) {
        return Status(Code::kInvalidArgument,
                      "--resume needs --out with the name of a file, in the format jsonl or csv");
      }
      AG_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Open(arguments.out));
      output.stream_.emplace(std::move(file));
      AG_RETURN_IF_ERROR(output.stream_->Write(formatter.Header()));
      return output;
    }
    PartialFile::Options options;
    options.start = arguments.resume      ? PartialFile::Start::kResume
                    : arguments.overwrite ? PartialFile::Start::kOverwrite
                                          : PartialFile::Start::kNew;
    options.text = format == RecordFormat::kCsv ? RecordText::kCsv : RecordText::kJsonl;
    options.header = formatter.Header();
    options.made_by = made_by;
    AG_ASSIGN_OR_RETURN(PartialFile file, PartialFile::Open(arguments.out, options));
    output.partial_.emplace(std::move(file));
    if (output.partial_->unknown_origin()) {
      PrintNote(arguments.out +
                " does not say how its records were made: assumed to be the same models and "
                "options");
    }
    return output;
  }

  Status Append(const std::string& text) {
    return partial_ ? partial_->Append(text) : stream_->Write(text);
  }
  Status Finish(const RecordFormatter& formatter) {
    if (partial_) return partial_->Finish();
    AG_RETURN_IF_ERROR(stream_->Write(formatter.Footer()));
    return stream_->Finish();
  }
  bool reader_gone() const { return stream_ && stream_->reader_gone(); }
  // Null: nothing can be resumed.
  PartialFile* partial() { return partial_ ? &*partial_ : nullptr; }

 private:
  std::optional<OutputFile> stream_;
  std::optional<PartialFile> partial_;
};

struct Task {
  Input input;
  std::optional<StoredRecord> stored;  // made by an earlier run
};

struct Outcome {
  std::string file;
  Status status;
  std::string text;
  std::optional<StoredRecord> stored;
  Status stop;  // not ok: why the run ends here
};

std::string_view Hint(Code code) {
  if (code == Code::kTooLarge) return " (--max-pixels and --max-bytes raise the limits)";
  return {};
}

nlohmann::ordered_json MadeBy(const RunArguments& arguments, RecordFormat format,
                              const PictureWork& work) {
  const FindOptions& find = arguments.engine.find;
  nlohmann::ordered_json made_by = {{"program", "ag_native " + std::string(Version())},
                                    {"command", work.command},
                                    {"schema", kResultSchema},
                                    {"format", format == RecordFormat::kCsv ? "csv" : "jsonl"}};
  made_by.update(work.made_by);
  made_by["--min-face"] = find.min_face;
  made_by["--detect-size"] = find.detect_size;
  made_by["--min-score"] = find.min_score;
  made_by["--max-faces"] = find.max_faces;
  made_by["--no-rotate"] = !find.rotate;
  made_by["--allow-truncated"] = arguments.engine.limits.allow_truncated;
  made_by["--fast-decode"] = arguments.fast_decode;
  made_by["--csv-safe"] = arguments.csv_safe && format == RecordFormat::kCsv;
  made_by["--shard"] = arguments.shard;
  made_by["--annotate"] = FileNameJson(arguments.annotate);
  made_by["--crops"] = FileNameJson(arguments.crops);
  return made_by;
}

// One run over all inputs.
class Run {
 public:
  Run(const RunArguments& arguments, const PictureWork& work, const RunFiles& files,
      InputSource* inputs, RecordFormatter formatter, RecordOutput output,
      std::optional<size_t> total)
      : arguments_(arguments),
        work_(work),
        files_(files),
        inputs_(inputs),
        stop_check_(inputs->stop_check()),
        formatter_(std::move(formatter)),
        output_(std::move(output)),
        progress_(work.command, total, !arguments.out.empty() || ::isatty(STDOUT_FILENO) != 1) {}

  Status OpenFolders() {
    const bool into_existing =
        arguments_.resume || arguments_.overwrite || !arguments_.shard.empty();
    folders_.files = &files_;
    if (!arguments_.annotate.empty()) {
      AG_ASSIGN_OR_RETURN(annotated_,
                          PictureFolder::Open(arguments_.annotate, "--annotate", arguments_.inputs,
                                              into_existing, &folders_));
    }
    if (!arguments_.crops.empty()) {
      AG_ASSIGN_OR_RETURN(crops_, PictureFolder::Open(arguments_.crops, "--crops",
                                                      arguments_.inputs, into_existing, &folders_));
    }
    return OkStatus();
  }

  int Do() {
    RunOrderedStream<Task, Outcome>(
        work_.workers, [this] { return Next(); },
        [this](size_t worker, Task task) { return Work(worker, std::move(task)); },
        [this](const Outcome& outcome) { return Add(outcome); }, kWaitingPerWorker,
        [this] { inputs_->Stop(); });
    return End();
  }

 private:
  std::optional<Task> Next() {
    if (InterruptSignal() == 0) {
      if (std::optional<Input> input = inputs_->Next()) {
        Task task{*std::move(input), std::nullopt};
        // Whoever stops at a failure wants to know whether it is fixed.
        const bool retry = arguments_.retry_failed || arguments_.fail_fast;
        if (PartialFile* partial = output_.partial()) {
          task.stored = partial->Take(task.input.file, retry);
        }
        return task;
      }
    }
    interrupted_ = InterruptSignal() != 0;
    return std::nullopt;
  }

  Outcome Work(size_t worker, Task task) const {
    Outcome outcome;
    outcome.stored = std::move(task.stored);
    if (outcome.stored) {
      outcome.file = std::move(task.input.file);
      return outcome;
    }
    try {
      outcome.stop = files_.CheckInput(task.input.file);
      if (!outcome.stop.ok()) return outcome;
      PictureRecord record;
      record.file = task.input.file;
      record.status = task.input.status;
      if (record.status.ok()) {
        record.status = Answer(worker, task.input, &record, &outcome.stop);
      }
      Describe(std::move(record), &outcome);
    } catch (const std::bad_alloc&) {
      // The picture's memory is free again, and an error record needs little.
      PictureRecord record;
      record.file = task.input.file;
      record.status = Status(Code::kOutOfMemory, "not enough memory (fewer --threads need less)");
      Describe(std::move(record), &outcome);
    }
    outcome.file = std::move(task.input.file);
    return outcome;
  }

  void Describe(PictureRecord record, Outcome* outcome) const {
    if (!record.status.ok()) record.result = {};
    outcome->status = record.status;
    outcome->text = formatter_.Format(record);
  }

  Status Answer(size_t worker, const Input& input, PictureRecord* record, Status* stop) const {
    AG_ASSIGN_OR_RETURN(DecodedImage picture, LoadPicture(input, arguments_.engine.limits,
                                                          arguments_.fast_decode, stop_check_));
    AG_ASSIGN_OR_RETURN(record->result, work_.answer(worker, picture.image));
    record->result.picture_flags = picture.flags;
    const Status saved = SaveSidePictures(worker, *record, std::move(picture.image));
    if (saved.code() == Code::kIo) {
      *stop = saved;  // no other picture's could be written either
      return OkStatus();
    }
    const bool unwritten = !saved.ok() && saved.code() != Code::kOutOfMemory;
    return unwritten ? Status(Code::kIo, saved.message()) : saved;
  }

  Status SaveSidePictures(size_t worker, const PictureRecord& record, Image picture) const {
    const std::vector<FaceResult>& faces = record.result.faces;
    for (size_t i = 0; crops_ && i < faces.size(); ++i) {
      AG_ASSIGN_OR_RETURN(const Image crop, work_.crop(worker, picture, faces[i].face));
      AG_RETURN_IF_ERROR(crops_->SaveNumbered(record.file, i, crop));
    }
    if (!annotated_) return OkStatus();
    std::vector<FaceLabel> labels;
    for (const FaceResult& face : faces) labels.push_back({face.face, work_.labels(face)});
    DrawFaces(labels, &picture);
    return annotated_->Save(record.file, picture);
  }

  // False: stop.
  bool Add(const Outcome& outcome) {
    if (!Check(outcome.stop)) return false;
    // The wait for a pipe was interrupted: the picture counts as not begun.
    cut_short_ = outcome.status.code() == Code::kInterrupted;
    if (cut_short_) return false;
    ++done_;
    if (outcome.stored) {
      ++skipped_;
      output_.partial()->Keep(*outcome.stored);
    } else {
      if (!outcome.status.ok()) {
        failed_ = true;
        progress_.Clear();
        PrintError(outcome.file + ": " + outcome.status.message() +
                   std::string(Hint(outcome.status.code())));
      }
      if (!Check(output_.Append(outcome.text))) return false;
    }
    progress_.Update(done_, skipped_);
    stopped_by_failure_ = failed_ && arguments_.fail_fast;
    return !stopped_by_failure_;
  }

  int End() {
    progress_.Clear();
    if (!broken_) Check(inputs_->status());
    const bool complete = !broken_ && !stopped_by_failure_ && !interrupted_ && !cut_short_;
    if (complete) Check(output_.Finish(formatter_));
    PartialFile* partial = output_.partial();
    if (partial != nullptr && (!complete || broken_) && partial->record_count() > 0) {
      PrintNote(std::to_string(partial->record_count()) + " records are in " + partial->path() +
                "; the same command with --resume continues");
    }
    if (broken_) return kExitUsage;
    if (complete && ReportLeftOut(inputs_->left_out(), arguments_.folders.strict)) failed_ = true;
    const size_t failed_kept = partial != nullptr ? partial->failed_kept() : 0;
    if (failed_kept > 0 && complete) {
      PrintNote(std::to_string(failed_kept) +
                " inputs failed in the runs before (--retry-failed tries them again)");
    }
    return failed_ || failed_kept > 0 ? kExitSomeFailed : kExitDone;
  }

  // What stops the whole run.
  bool Check(const Status& status) {
    if (status.ok()) return true;
    broken_ = true;
    progress_.Clear();
    if (!output_.reader_gone()) PrintError(status.message());
    return false;
  }

  const RunArguments& arguments_;
  const PictureWork& work_;
  const RunFiles& files_;
  InputSource* inputs_;
  StopCheck stop_check_;
  RecordFormatter formatter_;
  RecordOutput output_;
  Progress progress_;
  PictureFolder::Shared folders_;
  std::optional<PictureFolder> annotated_, crops_;
  size_t done_ = 0, skipped_ = 0;
  bool failed_ = false;  // in this run
  bool stopped_by_failure_ = false;
  bool interrupted_ = false;  // before the last input was begun
  bool cut_short_ = false;    // while an input was waited for
  bool broken_ = false;
};

}  // namespace

void AddRunOptions(CommandLine* line, RunArguments* arguments) {
  AddEngineOptions(line, &arguments->engine);
  const Option paths = line->Add(
      "input", &arguments->inputs.paths,
      "Pictures, folders (searched at any depth), or - for one picture on standard input");
  const Option list =
      line->Add(
              "--list", &arguments->inputs.list,
              "Read the names of the pictures from this file (- for standard input), one per line")
          .Excludes(paths);
  AddFolderOptions(line, &arguments->folders);
  line->AddFlag("--null", &arguments->inputs.zero_separated,
                "Names in the list end with a zero byte, as printed by find -print0")
      .Needs(list);
  line->Add("--shard", &arguments->shard,
            "i/n: of all inputs, numbered from 0, only those whose number modulo n is "
            "i (0 <= i < n)");
  const Option format =
      line->Add("--format", &arguments->format,
                "table, jsonl or csv (default: table on a terminal, csv for --out NAME.csv, "
                "else jsonl)")
          .OneOf({"table", "jsonl", "csv"});
  line->AddFlag("--json", &arguments->json, "Short for --format jsonl").Excludes(format);
  AddCsvSafeOption(line, &arguments->csv_safe);
  const Option out = line->Add(
      "--out", &arguments->out,
      "Write to this file, which appears when it is complete; until then FILE.partial grows");
  const Option resume =
      line->AddFlag("--resume", &arguments->resume,
                    "Continue FILE.partial (or add to a finished FILE): inputs that already have a "
                    "record are skipped")
          .Needs(out);
  line->AddFlag("--retry-failed", &arguments->retry_failed,
                "With --resume: try inputs again whose record is an error")
      .Needs(resume);
  line->AddFlag(
          "--overwrite", &arguments->overwrite,
          "Discard FILE.partial of an unfinished run; replace FILE whatever it holds, but "
          "never a picture, model or list; write into folders of --annotate and --crops that hold "
          "files")
      .Excludes(resume);
  line->AddFlag("--fail-fast", &arguments->fail_fast, "Stop at the first input that fails");
  line->AddFlag("--fast-decode", &arguments->fast_decode,
                "Decode JPEG with libjpeg-turbo: twice as fast for large photographs, but the "
                "pixels are no longer "
                "those of the page, and ages move a little (docs/scaling.md)");
  line->Add("--annotate", &arguments->annotate,
            "Write each picture with its faces marked into this folder");
}

RecordFormat ChooseFormat(const RunArguments& arguments) {
  if (arguments.json || arguments.format == "jsonl") return RecordFormat::kJsonl;
  if (arguments.format == "csv") return RecordFormat::kCsv;
  if (arguments.format == "table") return RecordFormat::kTable;
  if (arguments.out.ends_with(".csv")) return RecordFormat::kCsv;
  const bool terminal = arguments.out.empty() && ::isatty(STDOUT_FILENO) == 1;
  return terminal ? RecordFormat::kTable : RecordFormat::kJsonl;
}

TextUse UseOfText(const RunArguments& arguments) {
  return arguments.csv_safe ? TextUse::kSpreadsheet : TextUse::kAnywhere;
}

StatusOr<InputSource> OpenInputs(const RunArguments& arguments) {
  InputArguments inputs = arguments.inputs;
  inputs.folders = arguments.folders.options;
  if (inputs.paths.empty() && inputs.list.empty()) {
    return Status(Code::kInvalidArgument,
                  "no input: name pictures or folders, or give --list (see --help)");
  }
  if (arguments.fast_decode && !HasFastDecode()) {
    return Status(Code::kUnavailable,
                  "--fast-decode: this program was built without libjpeg-turbo (Debian package "
                  "libjpeg62-turbo-dev)");
  }
  if (!arguments.shard.empty()) {
    AG_ASSIGN_OR_RETURN(inputs.shard, ParseShard(arguments.shard));
  }
  return InputSource::Open(std::move(inputs));
}

StatusOr<RunFiles> CheckFiles(const RunArguments& arguments, RecordContent content,
                              const std::vector<std::pair<std::string, std::string>>& reads) {
  RunFiles files;
  for (const std::string& path : arguments.inputs.paths) files.Read("the input", path);
  files.Read("--list", arguments.inputs.list);
  for (const auto& [option, path] : reads) files.Read(option, path);
  const RecordFormat format = ChooseFormat(arguments);
  if (OutputFile::IsStream(arguments.out)) {
    AG_RETURN_IF_ERROR(files.WriteStandardOutput());
    return files;
  }
  const EarlierResult earlier =
      EarlierRecords(format, content, RecordFormatter(format, 0, content).Header());
  const bool overwrite =
      arguments.overwrite || (arguments.resume && PartialFile::WasToOverwrite(arguments.out));
  AG_RETURN_IF_ERROR(files.Write({"--out", arguments.out, earlier, overwrite}));
  if (CanBeGoneOnWith(arguments.out, format)) {
    const PartialFile::Names names = PartialFile::NamesOf(arguments.out);
    const EarlierResult origin = BeginsLike("{\n  \"program\": \"ag_native ");
    RunFiles::Output beside = {"--out", names.origin, origin};
    beside.working = true;
    beside.remedy = "move it away";
    AG_RETURN_IF_ERROR(files.Write(beside));
    // Torn records may begin with anything; the description of how they were made lies beside them.
    std::error_code not_there;
    const bool torn = std::filesystem::exists(names.origin, not_there);
    beside.path = names.partial;
    beside.earlier = [&](std::string_view beginning) {
      return earlier(beginning) || (torn && KindWorthKeeping(names.partial, beginning).empty());
    };
    AG_RETURN_IF_ERROR(files.Write(beside));
  }
  // Reading from a descriptor here would leave nothing of the list.
  std::error_code ignored;
  const std::string& list = arguments.inputs.list;
  if (NamesDescriptor(list) || !std::filesystem::is_regular_file(list, ignored)) return files;
  // Checked by name only: examining each of a million files takes minutes on a network drive, and
  // happens when its turn comes.
  const std::filesystem::path name = std::filesystem::path(arguments.out).filename();
  AG_ASSIGN_OR_RETURN(InputSource listed, InputSource::Open(arguments.inputs));
  while (const std::optional<Input> input = listed.Next()) {
    if (std::filesystem::path(input->file).filename() != name) continue;
    AG_RETURN_IF_ERROR(files.CheckInput(input->file));
  }
  return files;
}

StatusOr<int> RunPictures(const RunArguments& arguments, InputSource* inputs,
                          const PictureWork& work) {
  const RecordFormat format = ChooseFormat(arguments);
  // Counted only if somebody sees it: on a network drive that takes a while.
  InputSource::Survey survey;
  if (format == RecordFormat::kTable || StderrIsTerminal()) survey = inputs->LookOver();
  AG_ASSIGN_OR_RETURN(const RunFiles files, CheckFiles(arguments, work.content, work.reads));
  const RecordFormatter formatter(format, survey.longest_name, work.content, UseOfText(arguments));
  AG_ASSIGN_OR_RETURN(RecordOutput output, RecordOutput::Open(arguments, format, formatter,
                                                              MadeBy(arguments, format, work)));
  Run run(arguments, work, files, inputs, formatter, std::move(output), survey.count);
  AG_RETURN_IF_ERROR(run.OpenFolders());
  return run.Do();
}

}  // namespace ag
