#include "receiver/refusal_log.h"

namespace tidings::receiver {

void RefusalLog::add(const Refused& refused, std::string_view source, std::int64_t now_s) {
  if (!log_) return;
  const auto left_out = limit_.admit(now_s);
  if (!left_out) return;
  LogFields fields{{"reason", std::string(to_string(refused.reason))},
                   {"source", std::string(source)},
                   {"what", refused.what}};
  if (*left_out != 0) fields.emplace_back("left_out", std::to_string(*left_out));
  log_("warn", "callback refused", fields);
}

}  // namespace tidings::receiver
