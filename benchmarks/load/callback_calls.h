/// The callbacks of a run: Group.CallbackAfterCreateTopic with the documented sample's members and two
/// custom fields (protocol 5), ids of its own, topics of 1,000 communities with default ids (2.4) whose
/// numbers grow.
/// Threads: one lane's; parts of a callback may be made in any order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tidings/callback_url.h"

namespace tidings::bench {

class CallbackCalls {
 public:
  /// `url` is where they go. No `token`: no Sign.
  CallbackCalls(CallbackUrl url, std::string_view sdkappid, std::string token);

  /// The query carries a RequestID never used before, and Sign of this second.
  [[nodiscard]] std::string target();
  [[nodiscard]] std::string body(std::int64_t index) const;

 private:
  CallbackUrl url_;
  SdkAppId app_;
  std::string token_;
  std::uint64_t first_;
  std::vector<std::string> groups_;
};

}  // namespace tidings::bench
