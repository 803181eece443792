/// The pull feed of one app's source, from the reader's side (its other side and its form:
/// backend/rest/event_feed.h).
///
/// Errors of read(): Errc::unavailable with one sentence: not reached, not answered, or answered
/// with an ErrorCode; Errc::corrupt for an answer that is no page. The UserSig stands in no text.
/// Threads: one lane. Lifetime: transport and clock outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "receiver/source_client.h"

namespace tidings::receiver {

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
  explicit SourceFeed(std::unique_ptr<SourceClient> client) : client_(std::move(client)) {}
  /// Errors: as SourceClient::create().
  static Result<std::unique_ptr<SourceFeed>> create(SdkAppId app, SourceOptions options,
                                                    net::CallbackTransport& transport,
                                                    const Clock& clock);

  runtime::awaitable<Result<SourcePage>> read(std::int64_t after, std::int64_t limit);
  /// For the next read(). REQUIRES: one of the two is there.
  void set_credentials(SourceCredentials credentials) {
    client_->set_credentials(std::move(credentials));
  }
  [[nodiscard]] const std::string& url() const { return client_->url(); }

 private:
  const std::unique_ptr<SourceClient> client_;
};

}  // namespace tidings::receiver
