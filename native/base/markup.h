// Text and bytes made fit for HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace ag {

// Text for HTML, SVG and quoted attributes of both: & < > " ' are escaped, bytes that are not UTF-8
// and control characters become U+FFFD.
std::string EscapeMarkup(std::string_view text);

std::string EncodeBase64(std::string_view bytes);  // RFC 4648, with padding

}  // namespace ag
