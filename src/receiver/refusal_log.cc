#include "receiver/refusal_log.h"

namespace tidings::receiver {

void RefusalLog::add(const Refused& refused, std::string_view source, std::int64_t now_s) {
  if (!log_) return;
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    if (second_ != now_s) {
      second_ = now_s;
      lines_ = 0;
    }
    if (lines_ == lines_a_second_) {
      ++left_out_;
      return;
    }
    ++lines_;
    left_out = std::exchange(left_out_, 0);
  }
  LogFields fields{{"reason", std::string(to_string(refused.reason))},
                   {"source", std::string(source)},
                   {"what", refused.what}};
  if (left_out != 0) fields.emplace_back("left_out", std::to_string(left_out));
  log_("warn", "callback refused", fields);
}

}  // namespace tidings::receiver
