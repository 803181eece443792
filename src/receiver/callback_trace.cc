#include "receiver/callback_trace.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "receiver/verifier.h"

namespace tidings::receiver {
namespace {

constexpr std::size_t kLongestValue = 128;

/// As it stands there, not decoded: nothing was checked yet.
std::string cut_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
      return std::string(pair.substr(name.size() + 1, kLongestValue));
    }
  }
  return {};
}

}  // namespace

CallbackTrace::CallbackTrace(const Log* log, const Clock& clock, const net::HttpRequest& request)
    : log_(log), clock_(clock), request_(request) {
  if (log_ != nullptr) began_ = clock_.monotonic();
}

void CallbackTrace::tell(unsigned status, std::string_view outcome) const {
  if (log_ == nullptr) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - began_);
  const std::string_view source =
      request_.client_ip.empty() ? request_.peer_address : request_.client_ip;
  (*log_)("debug", "callback",
          {{"sdkappid", cut_value(request_.query, "SdkAppid")},
           {"command", cut_value(request_.query, "CallbackCommand")},
           {"request_id", cut_value(request_.query, "RequestID")},
           {"sequence", std::string(request_.header(kSequenceHeader).substr(0, kLongestValue))},
           {"source", std::string(source)},
           {"bytes", std::to_string(request_.body.size())},
           {"status", std::to_string(status)},
           {"outcome", std::string(outcome)},
           {"took_us", std::to_string(took.count())}});
}

}  // namespace tidings::receiver
