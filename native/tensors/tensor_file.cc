#include "native/tensors/tensor_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "shared/base/bytes.h"
#include "shared/base/sha256.h"

namespace ag {
namespace {

using Json = nlohmann::json;

constexpr std::array<uint8_t, 8> kMagic = {0x89, 'A', 'G', 'C', '\r', '\n', 0x1a, '\n'};
constexpr size_t kVersionAt = 8, kTextLengthAt = 12, kFileLengthAt = 16, kReservedAt = 24,
                 kDigestAt = 32;
constexpr int64_t kMaxSide = std::numeric_limits<int32_t>::max();
constexpr std::string_view kNameLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";

Status Refuse(const std::string& what) { return Status(Code::kInvalidArgument, what); }

Status RefuseTensor(const std::string& name, const std::string& what) {
  return Refuse("tensor '" + name + "' " + what);
}

Sha256Digest Digest(std::span<const uint8_t> file) {
  Sha256 hash;
  hash.Update(file.first(kDigestAt));
  hash.Update(file.subspan(kTensorHeaderBytes));
  return hash.Finish();
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxTensorNameBytes &&
         name.find_first_not_of(kNameLetters) == std::string_view::npos;
}

// Nothing if a dimension is out of range, or if there would be more bytes than a file may have.
std::optional<size_t> SizeOf(TensorType type, std::span<const int64_t> shape) {
  if (shape.size() > kMaxTensorRank) return std::nullopt;
  size_t bytes = BytesOf(type);
  for (const int64_t side : shape) {
    if (side < 0 || side > kMaxSide) return std::nullopt;
    // Below 2^33 times below 2^31.
    bytes *= static_cast<size_t>(side);
    if (bytes > kMaxTensorFileBytes) return std::nullopt;
  }
  return bytes;
}

// The first value that is not a finite number; nothing if all are finite.
std::optional<size_t> FirstNonFinite(std::span<const uint8_t> bytes) {
  constexpr uint32_t kExponent = 0x7f800000;
  for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    if ((LoadLittleEndian<uint32_t>(&bytes[i]) & kExponent) == kExponent) return i / 4;
  }
  return std::nullopt;
}

Status CheckFinite(const StoredTensor& tensor) {
  if (tensor.type != TensorType::kFloat32) return OkStatus();
  const std::optional<size_t> at = FirstNonFinite(tensor.bytes);
  if (!at) return OkStatus();
  return Status(Code::kModelNonFinite, "tensor '" + tensor.name + "' holds a value that is not a " +
                                           "finite number (at " + std::to_string(*at) + ")");
}

Status CheckHeader(std::span<const uint8_t> file) {
  const size_t seen = std::min(file.size(), kMagic.size());
  if (!std::equal(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(seen), kMagic.begin())) {
    return Refuse("not a file of tensors (its first bytes differ)");
  }
  if (file.size() < kTensorHeaderBytes) {
    return Refuse("truncated: " + std::to_string(file.size()) + " bytes, the header alone has " +
                  std::to_string(kTensorHeaderBytes));
  }
  const uint32_t version = LoadLittleEndian<uint32_t>(&file[kVersionAt]);
  if (version != kTensorFileVersion) {
    return Refuse("format version " + std::to_string(version) + ", this program reads version " +
                  std::to_string(kTensorFileVersion));
  }
  const uint64_t length = LoadLittleEndian<uint64_t>(&file[kFileLengthAt]);
  if (length != file.size()) {
    return Refuse("the header promises " + std::to_string(length) + " bytes, the file has " +
                  std::to_string(file.size()));
  }
  if (file.size() > kMaxTensorFileBytes) return Refuse("larger than a file of tensors may be");
  if (LoadLittleEndian<uint64_t>(&file[kReservedAt]) != 0) {
    return Refuse("the header's reserved bytes are not zero");
  }
  const size_t text = LoadLittleEndian<uint32_t>(&file[kTextLengthAt]);
  if (text > kMaxTensorTextBytes || text > file.size() - kTensorHeaderBytes) {
    return Refuse("the header promises a text of " + std::to_string(text) + " bytes");
  }
  const Sha256Digest digest = Digest(file);
  if (!std::equal(digest.begin(), digest.end(), file.begin() + kDigestAt)) {
    return Refuse("the checksum does not match: the file was damaged");
  }
  return OkStatus();
}

// {"meta": {...}, "tensors": [...]} and nothing else.
StatusOr<Json> ParseText(std::span<const uint8_t> text) {
  bool too_deep = false;
  const auto limit = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxTensorTextDepth;
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), limit, /*allow_exceptions=*/false);
  if (too_deep) return Refuse("the text is nested too deeply");
  if (!json.is_object() || json.size() != 2 || !json.contains("meta") ||
      !json.contains("tensors") || !json["meta"].is_object() || !json["tensors"].is_array()) {
    return Refuse("the text is not a JSON object with 'meta' and 'tensors'");
  }
  if (json["tensors"].size() > kMaxTensors) return Refuse("more tensors than a file may have");
  return json;
}

std::optional<std::vector<int64_t>> ShapeOf(const Json& json) {
  if (!json.is_array() || json.size() > kMaxTensorRank) return std::nullopt;
  std::vector<int64_t> shape;
  for (const Json& side : json) {
    if (!side.is_number_unsigned() || side.get<uint64_t>() > uint64_t{kMaxSide}) {
      return std::nullopt;
    }
    shape.push_back(side.get<int64_t>());
  }
  return shape;
}

std::optional<TensorType> TypeOf(const Json& json) {
  if (!json.is_string()) return std::nullopt;
  for (const TensorType type : {TensorType::kFloat32, TensorType::kInt64}) {
    if (json.get_ref<const std::string&>() == NameOf(type)) return type;
  }
  return std::nullopt;
}

// Removes its values from the front of `rest`; `offset` is where they must begin.
StatusOr<StoredTensor> TakeTensor(const Json& entry, uint64_t offset,
                                  std::span<const uint8_t>* rest) {
  if (!entry.is_object() || entry.size() != 4 || !entry.contains("name") ||
      !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("offset")) {
    return Refuse("a tensor without name, dtype, shape and offset");
  }
  StoredTensor tensor;
  if (entry["name"].is_string()) tensor.name = entry["name"].get<std::string>();
  if (!IsName(tensor.name)) return Refuse("a tensor's name is invalid");
  const std::optional<TensorType> type = TypeOf(entry["dtype"]);
  if (!type) return RefuseTensor(tensor.name, "has a dtype other than float32 and int64");
  tensor.type = *type;
  std::optional<std::vector<int64_t>> shape = ShapeOf(entry["shape"]);
  const std::optional<size_t> size = shape ? SizeOf(*type, *shape) : std::nullopt;
  if (!size) return RefuseTensor(tensor.name, "has a shape that no tensor here has");
  tensor.shape = *std::move(shape);
  if (!entry["offset"].is_number_unsigned() || entry["offset"].get<uint64_t>() != offset) {
    return RefuseTensor(tensor.name, "does not begin where the one before it ends");
  }
  if (*size > rest->size()) return RefuseTensor(tensor.name, "extends past the end of the file");
  tensor.bytes = rest->first(*size);
  *rest = rest->subspan(*size);
  AG_RETURN_IF_ERROR(CheckFinite(tensor));
  return tensor;
}

Status CheckTensor(const StoredTensor& tensor) {
  if (!IsName(tensor.name)) return Refuse("a tensor's name is invalid: '" + tensor.name + "'");
  const std::optional<size_t> size = SizeOf(tensor.type, tensor.shape);
  if (!size || *size != tensor.bytes.size()) {
    return RefuseTensor(tensor.name, "does not have the number of bytes that its shape says");
  }
  return CheckFinite(tensor);
}

// The name that occurs twice; empty: none.
std::string NameThatComesTwice(std::span<const StoredTensor> tensors) {
  std::set<std::string_view> names;
  for (const StoredTensor& tensor : tensors) {
    if (!names.insert(tensor.name).second) return tensor.name;
  }
  return "";
}

std::string MakeText(const Json& meta, std::span<const StoredTensor> tensors) {
  Json entries = Json::array();
  uint64_t offset = 0;
  for (const StoredTensor& tensor : tensors) {
    entries.push_back({{"name", tensor.name},
                       {"dtype", NameOf(tensor.type)},
                       {"shape", tensor.shape},
                       {"offset", offset}});
    offset += tensor.bytes.size();
  }
  // Text that is not UTF-8 becomes so; the reader compares it with its own.
  return Json{{"meta", meta}, {"tensors", std::move(entries)}}.dump(-1, ' ', false,
                                                                    Json::error_handler_t::replace);
}

}  // namespace

size_t BytesOf(TensorType type) { return type == TensorType::kFloat32 ? 4 : 8; }

std::string_view NameOf(TensorType type) {
  return type == TensorType::kFloat32 ? "float32" : "int64";
}

std::string DescribeTensor(TensorType type, std::span<const int64_t> shape) {
  std::string text;
  for (const int64_t side : shape) text += (text.empty() ? "" : ", ") + std::to_string(side);
  return std::string(NameOf(type)) + " [" + text + "]";
}

StatusOr<TensorFile> ReadTensorFile(std::span<const uint8_t> file) {
  AG_RETURN_IF_ERROR(CheckHeader(file));
  const size_t text_bytes = LoadLittleEndian<uint32_t>(&file[kTextLengthAt]);
  AG_ASSIGN_OR_RETURN(Json text, ParseText(file.subspan(kTensorHeaderBytes, text_bytes)));
  std::span<const uint8_t> rest = file.subspan(kTensorHeaderBytes + text_bytes);
  const size_t all = rest.size();
  TensorFile read;
  for (const Json& entry : text["tensors"]) {
    AG_ASSIGN_OR_RETURN(StoredTensor tensor, TakeTensor(entry, all - rest.size(), &rest));
    read.tensors.push_back(std::move(tensor));
  }
  if (!rest.empty()) {
    return Refuse(std::to_string(rest.size()) + " bytes after the last tensor");
  }
  const std::string twice = NameThatComesTwice(read.tensors);
  if (!twice.empty()) return RefuseTensor(twice, "occurs twice");
  read.meta = std::move(text["meta"]);
  return read;
}

StatusOr<std::vector<uint8_t>> MakeTensorFile(const Json& meta,
                                              std::span<const StoredTensor> tensors) {
  if (!meta.is_object()) return Refuse("'meta' is not a JSON object");
  if (tensors.size() > kMaxTensors) return Refuse("more tensors than a file may have");
  size_t bytes = 0;
  for (const StoredTensor& tensor : tensors) {
    AG_RETURN_IF_ERROR(CheckTensor(tensor));
    bytes += tensor.bytes.size();
    if (bytes > kMaxTensorFileBytes) return Refuse("larger than a file of tensors may be");
  }
  const std::string twice = NameThatComesTwice(tensors);
  if (!twice.empty()) return RefuseTensor(twice, "occurs twice");
  const std::string text = MakeText(meta, tensors);
  const size_t size = kTensorHeaderBytes + text.size() + bytes;
  if (text.size() > kMaxTensorTextBytes || size > kMaxTensorFileBytes) {
    return Refuse("larger than a file of tensors may be");
  }

  std::vector<uint8_t> file;
  file.reserve(size);
  file.resize(kTensorHeaderBytes);
  std::copy(kMagic.begin(), kMagic.end(), file.begin());
  StoreLittleEndian<uint32_t>(&file[kVersionAt], kTensorFileVersion);
  StoreLittleEndian<uint32_t>(&file[kTextLengthAt], static_cast<uint32_t>(text.size()));
  StoreLittleEndian<uint64_t>(&file[kFileLengthAt], size);
  file.insert(file.end(), text.begin(), text.end());
  for (const StoredTensor& tensor : tensors) {
    file.insert(file.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  SealTensorFile(file);
  return file;
}

void SealTensorFile(std::span<uint8_t> file) {
  const Sha256Digest digest = Digest(file);
  std::copy(digest.begin(), digest.end(), file.begin() + kDigestAt);
}

}  // namespace ag
