/// What `callback verify` checks about a captured callback, step by step in the receiver's order
/// (protocol 6.11), so that a person sees which one failed. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tidings/ids.h"

namespace tidings::cli {

struct CapturedCallback {
  std::string target;  ///< URL, path and query, or the query alone
  std::string body;
  std::string webhook_id, webhook_timestamp, webhook_signature;  ///< headers; "" where absent
};

struct CheckWith {
  SdkAppId sdkappid;                         ///< 0: any
  std::vector<std::string> tokens;           ///< none: Sign is not checked
  std::vector<std::string> webhook_secrets;  ///< none: the headers are not checked
  std::int64_t now_s = 0;
  std::int64_t window_s = 60;
};

struct CheckStep {
  std::string name;  ///< "sdkappid", "sign", "webhook", "body", "command"
  bool ok = false;
  std::string text;  ///< one sentence
};

/// Every step that applies, also after one has failed.
std::vector<CheckStep> check_callback(const CapturedCallback& captured, const CheckWith& with);

}  // namespace tidings::cli
