/// AddressPolicy: which addresses the client may connect to. Whoever may set a callback URL must
/// not reach through us what only we can reach (server-side request forgery). It is asked after
/// resolution, at connect time, so that a name which changes its answer gains nothing.
///
/// Refused unless a configured network holds the address: loopback, private, link-local (metadata
/// services among them), carrier-grade NAT, multicast, broadcast, unspecified, documentation,
/// benchmarking and reserved ranges of v4 and v6; and v6 forms that carry a v4 address (mapped,
/// compatible, NAT64, 6to4, Teredo) when the carried address is refused.
/// Sources: RFC 6890 and its registries, RFC 6598, 6052, 3056, 4380.
/// Threads: immutable.
#pragma once

#include <string_view>

#include "net/cidr.h"

namespace tidings::net {

class AddressPolicy {
 public:
  AddressPolicy() = default;  ///< public addresses only
  explicit AddressPolicy(Networks allowed) : allowed_(std::move(allowed)) {}
  /// For tools that their own user points somewhere: the command line, tests.
  [[nodiscard]] static AddressPolicy allow_all();

  [[nodiscard]] bool permits(const IpAddress& address) const;
  /// Why not: "loopback", "private", ...; empty for a public address. Ignores what is allowed.
  [[nodiscard]] static std::string_view special_kind(const IpAddress& address);

 private:
  Networks allowed_;
  bool allow_all_ = false;
};

}  // namespace tidings::net
