#include "net/address_policy.h"

#include <array>
#include <optional>

#include "base/check.h"

namespace tidings::net {
namespace {

struct Special {
  Network network;
  std::string_view kind;
};

struct Row {
  const char* network;
  std::string_view kind;
};

// IANA special-purpose registries (RFC 6890 and later entries), v4 then v6. The first match names
// the kind, so narrower rows stand before wider ones.
constexpr std::array kRows = {
    Row{"0.0.0.0/8", "unspecified"},
    Row{"10.0.0.0/8", "private"},
    Row{"100.64.0.0/10", "carrier-grade NAT"},
    Row{"127.0.0.0/8", "loopback"},
    Row{"169.254.0.0/16", "link-local"},  // 169.254.169.254: metadata of most clouds
    Row{"172.16.0.0/12", "private"},
    Row{"192.0.0.0/24", "reserved"},
    Row{"192.0.2.0/24", "documentation"},
    Row{"192.88.99.0/24", "reserved"},
    Row{"192.168.0.0/16", "private"},
    Row{"198.18.0.0/15", "benchmarking"},
    Row{"198.51.100.0/24", "documentation"},
    Row{"203.0.113.0/24", "documentation"},
    Row{"224.0.0.0/4", "multicast"},
    Row{"255.255.255.255/32", "broadcast"},
    Row{"240.0.0.0/4", "reserved"},
    Row{"::/128", "unspecified"},
    Row{"::1/128", "loopback"},
    Row{"64:ff9b:1::/48", "local NAT64"},
    Row{"100::/64", "discard"},
    Row{"2001::/23", "reserved"},  // Teredo, ORCHID, benchmarking
    Row{"2001:db8::/32", "documentation"},
    Row{"3fff::/20", "documentation"},
    Row{"5f00::/16", "reserved"},
    Row{"fc00::/7", "private"},
    Row{"fe80::/10", "link-local"},
    Row{"fec0::/10", "private"},
    Row{"ff00::/8", "multicast"},
};

// Cloud metadata outside the ranges above.
constexpr std::array kMetadata = {"168.63.129.16/32"};

const std::vector<Special>& specials() {
  static const std::vector<Special> table = [] {
    std::vector<Special> rows;
    for (const auto& row : kRows) {
      auto network = Network::parse(row.network);
      CHECK(network.has_value());
      rows.push_back({*network, row.kind});
    }
    for (const char* text : kMetadata) {
      auto network = Network::parse(text);
      CHECK(network.has_value());
      rows.push_back({*network, "metadata"});
    }
    return rows;
  }();
  return table;
}

/// The v4 address that a v6 address carries by one of the transition schemes.
std::optional<IpAddress> carried_v4(const IpAddress& address) {
  if (!address.is_v6()) return std::nullopt;
  const auto bytes = address.to_v6().to_bytes();
  const auto v4_at = [&bytes](std::size_t at) {
    return IpAddress(boost::asio::ip::address_v4(
        {bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}));
  };
  const auto zero = [&bytes](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (bytes[i] != 0) return false;
    }
    return true;
  };
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return v4_at(2);  // 6to4, RFC 3056
  if (bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b && zero(4, 12)) {
    return v4_at(12);  // NAT64, RFC 6052
  }
  const bool compatible = zero(0, 12) && !(zero(12, 15) && bytes[15] <= 1);
  if (compatible) return v4_at(12);  // ::a.b.c.d, RFC 4291 2.5.5.1
  return std::nullopt;
}

}  // namespace

AddressPolicy AddressPolicy::allow_all() {
  AddressPolicy policy;
  policy.allow_all_ = true;
  return policy;
}

std::string_view AddressPolicy::special_kind(const IpAddress& address) {
  const auto plain = unmapped(address);
  for (const auto& special : specials()) {
    if (special.network.contains(plain)) return special.kind;
  }
  if (const auto v4 = carried_v4(plain)) return special_kind(*v4);
  return {};
}

bool AddressPolicy::permits(const IpAddress& address) const {
  if (allow_all_ || any_contains(allowed_, address)) return true;
  if (const auto v4 = carried_v4(unmapped(address)); v4 && any_contains(allowed_, *v4)) return true;
  return special_kind(address).empty();
}

}  // namespace tidings::net
