#include "cli/admin_client.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "cli/printable.h"
#include "tidings/json.h"

namespace tidings::cli {
namespace {

Errc kind_of(unsigned status) {
  switch (status) {
    case 400: return Errc::invalid_argument;
    case 401: return Errc::unauthenticated;
    case 403: return Errc::forbidden;
    case 404: return Errc::not_found;
    case 409:
    case 412: return Errc::conflict;
    case 413: return Errc::too_large;
    case 429: return Errc::rate_limited;
    case 503: return Errc::unavailable;
    default: return Errc::internal;
  }
}

/// {"error":{"message":...,"field":...}} as both doors answer, or whatever stands there.
std::string refusal_text(const net::HttpExchange& answer) {
  const std::string status = "HTTP " + std::to_string(answer.status);
  const auto parsed = parse_json_strict(answer.body);
  if (!parsed || !parsed->is_object()) return status;
  const auto* error = parsed->as_object().if_contains("error");
  if (error == nullptr || !error->is_object()) return status;
  const auto* message = error->as_object().if_contains("message");
  if (message == nullptr || !message->is_string()) return status;
  const auto* field = error->as_object().if_contains("field");
  std::string text(message->get_string());
  if (field != nullptr && field->is_string()) {
    // The doors' own messages begin with it already.
    const std::string named = std::string(field->get_string()) + ": ";
    if (!text.starts_with(named)) text.insert(0, named);
  }
  return text + " (" + status + ")";
}

/// Why the token that `tidings serve` leaves in its folder was not taken.
std::string missing_token_file(const std::string& file) {
  if (access(file.c_str(), F_OK) == 0) return file + " is there, but this user may not read it";
  return file + " is not there: is `tidings serve` running, in this folder?";
}

void append_pretty(std::string& out, const boost::json::value& value, const std::string& indent) {
  const std::string deeper = indent + "  ";
  std::string_view separator = "";
  if (value.is_object() && !value.get_object().empty()) {
    out += "{";
    for (const auto& member : value.get_object()) {
      out += std::string(separator) + "\n" + deeper;
      std::string key;
      append_json_string(key, member.key());
      out += printable(key) + ": ";
      append_pretty(out, member.value(), deeper);
      separator = ",";
    }
    out += "\n" + indent + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[";
    for (const auto& entry : value.get_array()) {
      out += std::string(separator) + "\n" + deeper;
      append_pretty(out, entry, deeper);
      separator = ",";
    }
    out += "\n" + indent + "]";
  } else {
    out += printable(boost::json::serialize(value));
  }
}

}  // namespace

void add_door_option(CLI::App& command, DoorOption& door, const std::string& default_url,
                     const std::string& url_variable, const std::string& token_variable,
                     const std::string& default_token_file) {
  door.url = default_url;
  door.default_token_file = default_token_file;
  command.add_option("--url", door.url, "Where the door is")
      ->envname(url_variable)
      ->capture_default_str();
  add_secret_option(command, door.token, "token", "Bearer token");
  if (std::getenv(token_variable.c_str()) != nullptr) door.token.variable = token_variable;
  command.add_option("--ca-file", door.ca_file, "PEM authorities to trust; default: the system's");
  command.footer("The token: --token-file, --token-env, " + token_variable +
                 (default_token_file.empty() ? "" : ", or the file " + default_token_file) + ".");
}

Result<DoorClient> DoorClient::open(const DoorOption& door) {
  DoorClient client;
  client.url_ = door.url;
  while (client.url_.ends_with('/')) client.url_.pop_back();
  SecretOption token = door.token;
  if (!token.given() && !door.default_token_file.empty() &&
      access(door.default_token_file.c_str(), R_OK) == 0) {
    token.file = door.default_token_file;
  }
  if (token.given()) {
    TRY(client.token_, token.read());
  } else if (!door.default_token_file.empty()) {
    return fail(Errc::invalid_argument, "give the door's token with --token-file or --token-env; " +
                                            missing_token_file(door.default_token_file));
  }
  net::TlsClientOptions tls;
  tls.ca_file = door.ca_file;
  TRY(client.http_, net::HttpClient::create(tls));
  return client;
}

Result<boost::json::value> DoorClient::call(std::string_view method, const std::string& path,
                                            const std::string& body) {
  net::HttpClient::Headers headers;
  if (!token_.empty()) headers.emplace_back("Authorization", "Bearer " + token_);
  TRY(const auto answer, http_->request(method, url_ + path, body, std::move(headers)));
  if (answer.status >= 300) return fail(kind_of(answer.status), refusal_text(answer));
  if (answer.body.empty()) return boost::json::value();
  TRY(auto value, parse_json_strict(answer.body));
  return value;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string pretty_json(const boost::json::value& value) {
  std::string out;
  append_pretty(out, value, "");
  return out;
}

}  // namespace tidings::cli
