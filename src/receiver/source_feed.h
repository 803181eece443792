/// The pull feed of one app's source, from the reader's side (its other side and its form:
/// backend/rest/event_feed.h).
///
/// Errors of read(): Errc::unavailable with one sentence: not reached, not answered, or answered
/// with an ErrorCode; Errc::corrupt for an answer that is no page. The UserSig stands in no text.
/// Threads: one lane. Lifetime: transport and clock outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/callback_transport.h"
#include "tidings/ids.h"

namespace tidings::receiver {

/// One of the two.
struct SourceCredentials {
  std::string key;       ///< the app's UserSig key: tickets are made from it
  std::string user_sig;  ///< a ready ticket; when it expires, filling ends
};

/// Where an app's events can be fetched, and as whom.
struct SourceOptions {
  std::string url;         ///< "https://im.example.com" or "http://127.0.0.1:8080"
  std::string identifier;  ///< an admin of the app
  SourceCredentials credentials;
  std::string ca_file;  ///< PEM; empty: the system's authorities
  std::chrono::milliseconds timeout{10'000};  ///< of one request
};

/// One event of the feed. `body` is what was or would have been delivered, byte for byte.
struct SourceEvent {
  std::int64_t sequence = 0;
  std::string command;
  std::string request_id;
  std::string client_ip;
  std::string opt_platform;
  std::string body;
};

/// Every event with after < sequence <= next that the source still has; `first` and `last`: what it
/// has at all, last being the newest number it has drawn.
struct SourcePage {
  std::vector<SourceEvent> events;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t next = 0;
};

/// Errc::corrupt, or Errc::unavailable for an ErrorCode.
[[nodiscard]] Result<SourcePage> parse_source_page(std::string_view answer);

class SourceFeed {
 public:
  /// Errc::invalid_argument: the URL, the CA file, or neither key nor ticket.
  static Result<std::unique_ptr<SourceFeed>> create(SdkAppId app, SourceOptions options,
                                                    net::CallbackTransport& transport,
                                                    const Clock& clock);

  runtime::awaitable<Result<SourcePage>> read(std::int64_t after, std::int64_t limit);
  /// For the next read(). REQUIRES: one of the two is there.
  void set_credentials(SourceCredentials credentials);
  [[nodiscard]] const std::string& url() const { return options_.url; }

 private:
  SourceFeed(SdkAppId app, SourceOptions options, net::CallbackTransport& transport,
             const Clock& clock);
  const std::string& ticket();
  [[nodiscard]] std::string target(std::int64_t after, std::int64_t limit);

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

}  // namespace tidings::receiver
