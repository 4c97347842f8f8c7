// HTML and SVG that escape by default: a text becomes markup by being escaped, and what is markup
// already is made by these functions alone, or says so (Markup::Raw).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace ag {

// A piece of a document, well-formed where its parts are.
class Markup {
 public:
  Markup() = default;
  // Text, implicitly: & < > " ' are escaped, bytes that are not UTF-8 and control characters become
  // U+FFFD.
  Markup(std::string_view text) { AppendText(text); }    // NOLINT: see above
  Markup(const std::string& text) { AppendText(text); }  // NOLINT
  Markup(const char* text) { AppendText(text); }         // NOLINT
  // Taken as it is: for what stands in this program's source, never for what came from outside.
  static Markup Raw(std::string markup);

  Markup& operator+=(const Markup& more);
  friend Markup operator+(Markup first, const Markup& second) { return first += second; }

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  void AppendText(std::string_view text);

  std::string text_;
};

// The value is text: it is escaped and quoted.
struct Attribute {
  std::string_view name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

Markup OpenTag(std::string_view name, Attributes attributes);
Markup CloseTag(std::string_view name);
// <img .../>, <path .../>
Markup EmptyElement(std::string_view name, Attributes attributes);

// <name attributes>parts</name>; each part is markup, or text that is escaped.
template <typename... Parts>
Markup Element(std::string_view name, Attributes attributes, const Parts&... parts) {
  Markup element = OpenTag(name, attributes);
  ((element += parts), ...);
  return element += CloseTag(name);
}
template <typename... Parts>
Markup Element(std::string_view name, const Parts&... parts) {
  return Element(name, Attributes{}, parts...);
}

// The same with a line for each of its tags, so that a person can read a document's source.
template <typename... Parts>
Markup Block(std::string_view name, Attributes attributes, const Parts&... parts) {
  Markup block = OpenTag(name, attributes) + Markup::Raw("\n");
  ((block += parts), ...);
  return block += CloseTag(name) + Markup::Raw("\n");
}
// On a line of its own.
template <typename... Parts>
Markup Line(std::string_view name, Attributes attributes, const Parts&... parts) {
  return Element(name, attributes, parts...) + Markup::Raw("\n");
}

std::string EncodeBase64(std::string_view bytes);  // RFC 4648, with padding

// For src and href: "data:image/jpeg;base64,..."
std::string DataUrl(std::string_view media_type, std::string_view bytes);

}  // namespace ag
