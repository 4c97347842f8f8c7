// Exact integer division by a divisor shared by many dividends: an integer division instruction
// takes longer than everything else in averaging a pixel.
#pragma once

#include <cstdint>

namespace ag {

// floor(value / divisor) for quotients below 2^20 and values below 2^53, which a double holds.
// Rounding may push the product past an integer, to either side, so the remainder decides.
class Divider {
 public:
  explicit Divider(uint64_t divisor)
      : divisor_(static_cast<int64_t>(divisor)), reciprocal_(1.0 / static_cast<double>(divisor)) {}

  uint32_t operator()(uint64_t value) const {
    const auto whole = static_cast<int64_t>(value);
    auto quotient = static_cast<int32_t>(static_cast<double>(whole) * reciprocal_);
    const int64_t rest = whole - quotient * divisor_;
    quotient += (rest >= divisor_ ? 1 : 0) - (rest < 0 ? 1 : 0);
    return static_cast<uint32_t>(quotient);
  }

 private:
  int64_t divisor_;
  double reciprocal_;
};

// The same with one multiplication, for the mean of bytes: values of at most 255 * divisor +
// divisor / 2, divisors of 1 to 2^24 (usable() says whether it applies). The reciprocal is (2^56 +
// e) / divisor with 0 < e <= divisor, so the product is value / divisor + value * e / (divisor *
// 2^56), in units of 2^56: the error is below 2^-24, hence below 1 / divisor, and no integer lies
// within it. The product itself stays below 255.5 * 2^56 * (1 + 2^-32) < 2^64.
class ByteDivider {
 public:
  explicit ByteDivider(uint64_t divisor)
      : usable_(divisor >= 1 && divisor <= (uint64_t{1} << 24)),
        reciprocal_(usable_ ? (uint64_t{1} << 56) / divisor + 1 : 0) {}

  bool usable() const { return usable_; }
  uint32_t operator()(uint32_t value) const {
    return static_cast<uint32_t>((value * reciprocal_) >> 56);
  }

 private:
  bool usable_;
  uint64_t reciprocal_;
};

}  // namespace ag
