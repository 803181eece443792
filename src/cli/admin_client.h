/// Calls of the command line to the admin door (/admin/v1) or to a receiver's query door: one
/// request, one JSON answer.
///
/// Errors: kind by the HTTP status, with the door's own sentence; unavailable or timeout where
/// there was no answer. The token is in no text. Threads: main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/secret_option.h"
#include "net/simple_http_client.h"

namespace tidings::cli {

/// Where a door is and how it is entered.
struct DoorOption {
  std::string url;
  std::string default_token_file;  ///< read when no token is named and the file is there
  SecretOption token;
  std::string ca_file;
};

/// --url (or the variable `url_variable`), --token-file, --token-env, --ca-file.
void add_door_option(CLI::App& command, DoorOption& door, const std::string& default_url,
                     const std::string& url_variable, const std::string& token_variable,
                     const std::string& default_token_file);

class DoorClient {
 public:
  static Result<DoorClient> open(const DoorOption& door);
  DoorClient() = default;

  /// `path` begins with '/', encoded; `body` "" for none. An answer without body is null.
  Result<boost::json::value> call(std::string_view method, const std::string& path,
                                  const std::string& body = {});

 private:
  std::string url_;
  std::string token_;
  std::unique_ptr<net::HttpClient> http_;
};

/// RFC 3986, for one segment of a path or one value of a query.
std::string percent_encoded(std::string_view text);

/// Indented, for people; members in their order, texts printable().
std::string pretty_json(const boost::json::value& value);

}  // namespace tidings::cli
