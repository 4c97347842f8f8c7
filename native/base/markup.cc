#include "native/base/markup.h"

#include <cstdint>

#include "native/base/utf8.h"

namespace ag {

Markup Markup::Raw(std::string markup) {
  Markup raw;
  raw.text_ = std::move(markup);
  return raw;
}

Markup& Markup::operator+=(const Markup& more) {
  text_ += more.text_;
  return *this;
}

void Markup::AppendText(std::string_view text) {
  for (const char c : CleanText(text)) {
    switch (c) {
      case '&':
        text_ += "&amp;";
        break;
      case '<':
        text_ += "&lt;";
        break;
      case '>':
        text_ += "&gt;";
        break;
      case '"':
        text_ += "&quot;";
        break;
      case '\'':
        text_ += "&#39;";
        break;
      default:
        text_ += c;
    }
  }
}

namespace {

std::string TagStart(std::string_view name, Attributes attributes) {
  std::string tag = "<" + std::string(name);
  for (const Attribute& attribute : attributes) {
    tag.append(" ").append(attribute.name).append("=\"");
    tag += Markup(attribute.value).text() + "\"";
  }
  return tag;
}

}  // namespace

Markup OpenTag(std::string_view name, Attributes attributes) {
  return Markup::Raw(TagStart(name, attributes) + ">");
}

Markup CloseTag(std::string_view name) { return Markup::Raw("</" + std::string(name) + ">"); }

Markup EmptyElement(std::string_view name, Attributes attributes) {
  return Markup::Raw(TagStart(name, attributes) + "/>");
}

std::string EncodeBase64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t triple = 0;
    for (size_t j = 0; j < 3; ++j) {
      triple = triple << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      const bool padding = i + j > bytes.size();
      text += padding ? '=' : kDigits[triple >> (18 - 6 * j) & 63u];
    }
  }
  return text;
}

std::string DataUrl(std::string_view media_type, std::string_view bytes) {
  return "data:" + std::string(media_type) + ";base64," + EncodeBase64(bytes);
}

}  // namespace ag
