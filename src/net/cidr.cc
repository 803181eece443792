#include "net/cidr.h"

#include <array>
#include <charconv>

namespace tidings::net {
namespace {

using Bytes = std::array<unsigned char, 16>;

/// The address's bits from the front; v4 uses the first four bytes.
Bytes bytes_of(const IpAddress& address) {
  Bytes out{};
  if (address.is_v4()) {
    const auto v4 = address.to_v4().to_bytes();
    std::copy(v4.begin(), v4.end(), out.begin());
  } else {
    const auto v6 = address.to_v6().to_bytes();
    std::copy(v6.begin(), v6.end(), out.begin());
  }
  return out;
}

bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  for (unsigned i = 0; i < bits / 8; ++i) {
    if (a[i] != b[i]) return false;
  }
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = (0xFFu << (8 - rest)) & 0xFFu;
  return (a[bits / 8] & mask) == (b[bits / 8] & mask);
}

Error not_a_network(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument, "network '" + std::string(text) + "': " + std::string(why) +
                                          "; write for example 10.0.0.0/8 or 2001:db8::/32");
}

}  // namespace

IpAddress unmapped(const IpAddress& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  boost::system::error_code error;
  const auto written = boost::asio::ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return not_a_network(text, "not an address");
  Network network;
  network.address_ = unmapped(written);
  const unsigned written_width = written.is_v4() ? 32 : 128;
  unsigned prefix = written_width;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (failed != std::errc{} || end != digits.data() + digits.size() || prefix > written_width) {
      return not_a_network(text, "the prefix length is not 0 to " + std::to_string(written_width));
    }
  }
  if (written.is_v6() && network.address_.is_v4()) {
    if (prefix < 96) return not_a_network(text, "a v4-mapped network needs a prefix of 96 or more");
    prefix -= 96;
  }
  network.prefix_ = prefix;
  auto cut = bytes_of(network.address_);
  const Bytes whole = cut;
  for (unsigned bit = prefix; bit < 128; ++bit) {
    cut[bit / 8] = static_cast<unsigned char>(cut[bit / 8] & ~(0x80u >> (bit % 8)));
  }
  if (cut != whole) return not_a_network(text, "bits behind the prefix are set");
  return network;
}

bool Network::contains(const IpAddress& address) const {
  const auto plain = unmapped(address);
  if (plain.is_v4() != address_.is_v4()) return false;
  return same_prefix(bytes_of(plain), bytes_of(address_), prefix_);
}

std::string Network::to_string() const {
  return address_.to_string() + "/" + std::to_string(prefix_);
}

Result<Networks> parse_networks(std::span<const std::string> texts) {
  Networks networks;
  for (const auto& text : texts) {
    auto network = Network::parse(text);
    if (!network) return std::move(network).error();
    networks.push_back(*network);
  }
  return networks;
}

bool any_contains(std::span<const Network> networks, const IpAddress& address) {
  for (const auto& network : networks) {
    if (network.contains(address)) return true;
  }
  return false;
}

}  // namespace tidings::net
