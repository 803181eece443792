/// The REST listener of one app's source (`tidings serve`, or the cloud service), asked as an admin of
/// the app.
///
/// Errors of get() and post(): Errc::unavailable with one sentence: not reached, or not answered with
/// HTTP 200. The UserSig stands in no text. What an answer says is the caller's to read:
/// parse_source_answer(). Source: protocol.md 4.1, 4.2 and 5.
/// Threads: one lane. Lifetime: transport and clock outlive it.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/callback_transport.h"
#include "tidings/ids.h"

namespace tidings::receiver {

/// One of the two.
struct SourceCredentials {
  std::string key;       ///< the app's UserSig key: tickets are made from it
  std::string user_sig;  ///< a ready ticket; when it expires, the source refuses
};

/// Where an app's events and rows can be fetched, and as whom.
struct SourceOptions {
  std::string url;         ///< "https://im.example.com" or "http://127.0.0.1:8080"
  std::string identifier;  ///< an admin of the app
  SourceCredentials credentials;
  std::string ca_file;  ///< PEM; empty: the system's authorities
  std::chrono::milliseconds timeout{10'000};  ///< of one request
};

class SourceClient {
 public:
  /// Errc::invalid_argument: the URL, the CA file, or neither key nor ticket.
  static Result<std::unique_ptr<SourceClient>> create(SdkAppId app, SourceOptions options,
                                                      net::CallbackTransport& transport,
                                                      const Clock& clock);

  using Parameters = std::vector<std::pair<std::string_view, std::string>>;
  /// `path`: "/v4/service/command". Gives the answer's body.
  runtime::awaitable<Result<std::string>> get(std::string_view path, Parameters more);
  runtime::awaitable<Result<std::string>> post(std::string_view path, std::string body);
  /// For the next request. REQUIRES: one of the two is there.
  void set_credentials(SourceCredentials credentials);
  [[nodiscard]] SdkAppId app() const { return app_; }
  [[nodiscard]] const std::string& url() const { return options_.url; }
  [[nodiscard]] const std::string& identifier() const { return options_.identifier; }

 private:
  SourceClient(SdkAppId app, SourceOptions options, net::CallbackTransport& transport,
               const Clock& clock);
  const std::string& ticket();
  [[nodiscard]] std::string target(std::string_view path);
  runtime::awaitable<Result<std::string>> ask(net::OutboundRequest request);

  const SdkAppId app_;
  SourceOptions options_;  // but for the credentials constant
  net::CallbackTransport& transport_;
  const Clock& clock_;
  net::HttpOrigin origin_;
  std::string base_path_;  // of the URL, without a slash at its end
  std::shared_ptr<net::TlsClient> tls_;
  std::string ticket_;
  std::int64_t ticket_until_s_ = 0;
};

/// The members of an answer whose ErrorCode is 0. Errc::unavailable for another one, with Error::code;
/// Errc::corrupt, calling it `no_what`, for what is no answer of this protocol.
[[nodiscard]] Result<boost::json::object> parse_source_answer(std::string_view answer,
                                                              std::string_view no_what);

}  // namespace tidings::receiver
