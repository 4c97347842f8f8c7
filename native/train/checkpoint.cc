#include "native/train/checkpoint.h"

#include <cstdint>

#include "shared/base/file.h"

namespace ag::train {
namespace {

constexpr char kMetaKey[] = "meta";
constexpr size_t kMaxCheckpointBytes = size_t{4} << 30;

}  // namespace

Status WriteCheckpoint(const std::string& path, const NamedTensors& tensors,
                       const nlohmann::json& meta) {
  std::vector<uint8_t> bytes;
  try {
    torch::serialize::OutputArchive archive;
    archive.write(kMetaKey, c10::IValue(meta.dump()));
    for (const auto& [name, tensor] : tensors) archive.write(name, tensor.detach());
    archive.save_to([&bytes](const void* data, size_t size) {
      const uint8_t* begin = static_cast<const uint8_t*>(data);
      bytes.insert(bytes.end(), begin, begin + size);
      return size;
    });
  } catch (const std::exception& error) {
    return Status(Code::kInternal, path + ": cannot make the checkpoint: " + error.what());
  }
  return WriteFileAtomically(path, bytes);
}

StatusOr<nlohmann::json> ReadCheckpoint(const std::string& path, const NamedTensors& tensors) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxCheckpointBytes));
  const torch::NoGradGuard no_grad;
  std::string at = "the archive";
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    c10::IValue text;
    at = kMetaKey;
    archive.read(kMetaKey, text);
    for (const auto& [name, tensor] : tensors) {
      at = name;
      torch::Tensor stored;
      archive.read(name, stored);
      if (stored.sizes() != tensor.sizes() || stored.scalar_type() != tensor.scalar_type()) {
        return Status(Code::kInvalidArgument,
                      path + ": tensor '" + name + "' has another shape or type than the net's");
      }
      torch::Tensor target = tensor.detach();
      target.copy_(stored);
    }
    return nlohmann::json::parse(text.toStringRef());
  } catch (const std::exception& error) {
    // LibTorch appends a stack trace; the first line says it.
    const std::string what = error.what();
    return Status(Code::kInvalidArgument, path + ": is no checkpoint of this net (at " + at + ": " +
                                              what.substr(0, what.find('\n')) + ")");
  }
}

}  // namespace ag::train
