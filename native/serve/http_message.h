// Requests and responses as HTTP/1.1 writes them (RFC 9112), as far as a server of files needs
// them. No sockets and no files in here. All that comes in is hostile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ag {

std::string AsciiLower(std::string_view text);
// What stands between separators: always one part more than there are separators.
std::vector<std::string_view> Split(std::string_view text, char separator);

struct HttpRequest {
  std::string method, target;  // as sent; empty where the request line is not one
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  bool close = false;  // no further request can or shall follow on the connection

  // The values of the headers of one (lower-case) name, and the items of the lists that they are.
  std::vector<std::string_view> Values(std::string_view name) const;
  std::vector<std::string_view> ListItems(std::string_view name) const;
};

// How much the client wants a content coding, in thousandths; 0: not at all (Accept-Encoding, RFC
// 9110, 12.5.3). "identity" is the file as it is: 1 where nothing is said of it. Malformed items do
// not count.
int CodingWeight(const HttpRequest& request, std::string_view coding);

// Reads one request up to its blank line, as it arrives.
//
// A head that two readers could understand in two ways is refused, so that nobody can hide a
// request in another one: a line without its CR, a stray CR or NUL, a blank before a colon, more
// than one Content-Length or Transfer-Encoding (equal ones too), both of them, a length that is not
// all digits, a coding other than "chunked". A header continued on the next line is joined by a
// space (RFC 9112, 5.2), but Host and those that say where the body ends may not be. Bodies are not
// read: `close` is set where there is one.
class RequestParser {
 public:
  enum class State { kIncomplete, kWhole, kLineTooLong, kMalformed };

  // Takes whole lines off the front of `received`. kLineTooLong: the request line.
  State Take(std::string* received);
  const HttpRequest& request() const { return request_; }

 private:
  bool AddRequestLine(std::string_view line);
  bool AddHeader(std::string_view line);
  bool Finish();

  HttpRequest request_;
  size_t lines_ = 0, bytes_ = 0;  // taken
};

}  // namespace ag
