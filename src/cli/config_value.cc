#include "cli/config_value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "net/cidr.h"

namespace tidings::cli {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<Unit, 5> kTimeUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits{
    {{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

/// "1h30m" and the like: the sum of numbers with units; nullopt when it is not of that shape.
template <std::size_t N>
std::optional<std::int64_t> parse_with_units(std::string_view text,
                                             const std::array<Unit, N>& units) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto digits = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    const auto count = parse_number<std::int64_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    const auto letters = static_cast<std::size_t>(
        std::find_if(text.begin(), text.end(), is_digit) - text.begin());
    const auto name = text.substr(0, letters);
    text.remove_prefix(letters);
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [name](const Unit& each) { return each.name == name; });
    if (!count || unit == units.end()) return std::nullopt;
    if (*count > (std::numeric_limits<std::int64_t>::max() - total) / unit->size) {
      return std::nullopt;
    }
    total += *count * unit->size;
  }
  return total;
}

/// In the largest unit that gives a whole number.
template <std::size_t N>
std::string write_with_unit(std::int64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.size == 0) {
      return std::to_string(value / unit.size) + std::string(unit.name);
    }
  }
  return "0" + std::string(units.back().name);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  const auto value = parse_with_units(text, kTimeUnits);
  if (!value) {
    return fail(Errc::invalid_argument, "'" + std::string(text) +
                                            "' is not a duration: write a number and a unit of "
                                            "ms, s, m, h or d, such as \"2s\" or \"1h30m\"");
  }
  return Milliseconds{*value};
}

std::string write_duration(Milliseconds value) {
  return write_with_unit(value.count(), kTimeUnits);
}

Result<Bytes> parse_size(std::string_view text) {
  const auto value = parse_with_units(text, kSizeUnits);
  if (!value) {
    return fail(Errc::invalid_argument, "'" + std::string(text) +
                                            "' is not a size: write a number and a unit of B, "
                                            "KiB, MiB or GiB, such as \"64KiB\"");
  }
  return Bytes{*value};
}

std::string write_size(Bytes value) { return write_with_unit(value.count, kSizeUnits); }

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto wrong = [text](std::string_view why) {
    return fail(Errc::invalid_argument, "'" + std::string(text) + "' is not an address to listen " +
                                            "at: " + std::string(why) +
                                            "; write \"127.0.0.1:8080\" or \"[::1]:8080\"");
  };
  if (colon == text.npos) return wrong("the port is missing");
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return wrong("the port is not a number of 0 to 65535");
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return wrong("no IPv6 address");
    return ListenAddress{std::move(host), *port};
  }
  std::array<unsigned char, 4> bytes{};
  if (host != "localhost" && inet_pton(AF_INET, host.c_str(), bytes.data()) != 1) {
    return wrong("the host is neither a literal address nor localhost");
  }
  return ListenAddress{std::move(host), *port};
}

std::string write_listen_address(const ListenAddress& value) {
  const bool v6 = value.host.find(':') != std::string::npos;
  return (v6 ? "[" + value.host + "]" : value.host) + ":" + std::to_string(value.port);
}

Result<void> check_network(std::string_view text) {
  const auto network = net::Network::parse(text);
  if (network) return {};
  return fail(Errc::invalid_argument, network.error().what +
                                          "; write an address and a prefix, such as "
                                          "\"10.0.0.0/8\"");
}

TextList parse_list(std::string_view text) {
  TextList list;
  while (!trim(text).empty()) {
    const auto comma = text.find(',');
    if (const auto entry = trim(text.substr(0, comma)); !entry.empty()) list.emplace_back(entry);
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
  return list;
}

Result<NumberMap> parse_number_map(std::string_view text) {
  NumberMap map;
  for (const std::string& entry : parse_list(text)) {
    const auto equals = entry.find('=');
    const auto number = equals == std::string::npos
                            ? std::nullopt
                            : parse_number<std::int64_t>(trim(entry).substr(equals + 1));
    if (!number) {
      return fail(Errc::invalid_argument,
                  "'" + entry + "' is not a pair: write name=number, such as create_topic=200");
    }
    map[entry.substr(0, equals)] = *number;
  }
  return map;
}

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(text, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace tidings::cli
