#include "cli/debug_lines.h"

#include <string_view>

namespace tidings::cli {
namespace {

constexpr std::size_t kLongestValue = 200;

void write_attempt(Log& log, const delivery::Attempted& seen) {
  const store::Attempt& attempt = seen.attempt;
  LogFields fields{{"sdkappid", seen.app.str()},
                   {"command", seen.command.substr(0, kLongestValue)},
                   {"request_id", seen.request_id.substr(0, kLongestValue)}};
  if (seen.app_sequence != 0) fields.emplace_back("sequence", seen.app_sequence);
  fields.emplace_back("host", std::string_view(seen.origin.host).substr(0, kLongestValue));
  fields.emplace_back("port", std::int64_t{seen.origin.port});
  fields.emplace_back("outcome", attempt.outcome);
  if (attempt.http_status != 0) fields.emplace_back("status", std::int64_t{attempt.http_status});
  if (!attempt.address.empty()) fields.emplace_back("address", attempt.address);
  fields.emplace_back("duration_us", attempt.duration_us);
  if (!seen.state.empty()) fields.emplace_back("state", seen.state);
  if (!attempt.detail.empty()) {
    fields.emplace_back("detail", std::string_view(attempt.detail).substr(0, kLongestValue));
  }
  log.debug(seen.app_sequence != 0 ? "attempt" : "before-callback", fields);
}

}  // namespace

delivery::AttemptTrace attempt_lines(Log& log) {
  if (!log.takes_debug()) return {};
  return [&log](const delivery::Attempted& seen) { write_attempt(log, seen); };
}

}  // namespace tidings::cli
