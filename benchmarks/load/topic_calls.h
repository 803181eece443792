/// The two REST calls of a run as bytes: a community, and a topic in it with the documented sample's
/// two custom fields.
/// Threads: const members, share freely. REQUIRES: ids and names that need no escaping in JSON.
#pragma once

#include <string>
#include <string_view>

namespace tidings::bench {

class TopicCalls {
 public:
  TopicCalls(std::string_view host, std::string_view sdkappid, std::string_view identifier,
             std::string_view usersig);

  [[nodiscard]] std::string create_group(std::string_view group) const;
  [[nodiscard]] std::string create_topic(std::string_view group, std::string_view name) const;

 private:
  std::string host_;
  std::string create_group_;  ///< targets
  std::string create_topic_;
};

/// Whether an answer in the protocol's envelope says ErrorCode 0.
[[nodiscard]] bool is_ok(std::string_view body);

}  // namespace tidings::bench
