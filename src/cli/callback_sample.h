/// A sample body for every documented callback about groups, topics and members (protocol section
/// 7), as `callback send` starts from. Members stand in the order of the documentation; additive
/// ones are left out, so that what is sent is what the cloud service is documented to send.
///
/// Threads: constants.
#pragma once

#include <span>
#include <string_view>

namespace tidings::cli {

struct CallbackSample {
  std::string_view command;
  std::string_view body;
};

std::span<const CallbackSample> callback_samples();
/// "" when there is none. The prefix "Group.Callback" may be missing: "AfterCreateTopic".
std::string_view callback_sample(std::string_view command);

}  // namespace tidings::cli
