// Makes text from outside (file names, labels) fit for XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace ag {

// Well-formed UTF-8 without control characters: each byte that is not part of well-formed UTF-8
// (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF), each control character (C0 with
// tab and newline, DEL, C1) and each of U+FFFE, U+FFFF (not allowed in XML) becomes U+FFFD.
std::string CleanText(std::string_view text);

}  // namespace ag
