#include "net/forwarded.h"

#include <optional>

namespace tidings::net {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "192.0.2.7", "192.0.2.7:4711", "2001:db8::7", "[2001:db8::7]:4711".
std::optional<IpAddress> entry_address(std::string_view entry) {
  if (entry.starts_with('[')) {
    entry = entry.substr(1, entry.find(']') - 1);
  } else if (entry.find('.') != std::string_view::npos) {
    entry = entry.substr(0, entry.find(':'));
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(entry), error);
  if (error) return std::nullopt;
  return unmapped(address);
}

}  // namespace

std::string client_ip(const HttpRequest& request, const IpAddress& peer,
                      std::span<const Network> trusted) {
  IpAddress answer = unmapped(peer);
  for (auto field = request.fields.rbegin(); field != request.fields.rend(); ++field) {
    if (!equal_ignoring_case(field->name, "X-Forwarded-For")) continue;
    std::string_view rest = field->value;
    while (any_contains(trusted, answer)) {
      const auto comma = rest.rfind(',');
      const auto entry = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
      const auto address = entry_address(trim(entry));
      if (!address) return answer.to_string();
      answer = *address;
      if (comma == std::string_view::npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return answer.to_string();
}

}  // namespace tidings::net
