/// What `callback send` sends: a documented callback with chosen members, signed, as a request
/// target, body and headers. And what the answer to it means. Pure.
///
/// Errors: invalid_argument names the option. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "tidings/ids.h"

namespace tidings::cli {

struct CallbackPlan {
  std::string url;                 ///< of the receiver, with path, without query
  SdkAppId sdkappid;
  std::string command;             ///< full, or without "Group.Callback"
  std::optional<std::string> body; ///< instead of the sample, byte for byte
  std::vector<std::pair<std::string, std::string>> texts;  ///< members set to a text
  std::vector<std::pair<std::string, std::string>> jsons;  ///< members set to a JSON value
  std::string client_ip = "127.0.0.1";
  std::string opt_platform = "RESTAPI";
  std::string request_id;          ///< "": a fresh one
  std::optional<std::string> token;
  std::optional<std::string> webhook_secret;
};

struct CallbackToSend {
  std::string command;  ///< full
  std::string url;      ///< with the query
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

Result<CallbackToSend> build_callback(const CallbackPlan& plan, std::int64_t now_s, Random& random);

/// The verdict on an answer, as the IM backend would take it (6.6-6.8).
struct AnswerVerdict {
  bool accepted = false;  ///< an after-callback was taken, a before-callback may proceed
  std::string text;       ///< one sentence
};
AnswerVerdict judge_answer(std::string_view command, unsigned http_status, std::string_view body);

}  // namespace tidings::cli
