/// Networks in CIDR notation ("10.0.0.0/8", "2001:db8::/32", a single address) and membership.
///
/// A v4-mapped v6 address (::ffff:10.1.2.3) is the v4 address it carries, on both sides.
/// Errors: Errc::invalid_argument names the text. Threads: values.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidings::net {

using IpAddress = boost::asio::ip::address;

class Network {
 public:
  Network() = default;
  /// Host bits must be zero ("10.1.0.0/8" is refused: it is not clear what was meant).
  static Result<Network> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Network&) const = default;

 private:
  IpAddress address_;
  unsigned prefix_ = 32;
};

using Networks = std::vector<Network>;

Result<Networks> parse_networks(std::span<const std::string> texts);
[[nodiscard]] bool any_contains(std::span<const Network> networks, const IpAddress& address);
/// ::ffff:a.b.c.d becomes a.b.c.d; everything else stays.
[[nodiscard]] IpAddress unmapped(const IpAddress& address);

}  // namespace tidings::net
