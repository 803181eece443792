#include "delivery/attempt_log.h"

#include <utility>

namespace tidings::delivery {

std::string address_text(const std::string& ip, std::uint16_t port) {
  if (ip.empty()) return {};
  const bool v6 = ip.find(':') != std::string::npos;
  return (v6 ? '[' + ip + ']' : ip) + ':' + std::to_string(port);
}

store::Attempt log_of(const net::HttpExchange& exchange, const AttemptResult& result,
                      const net::HttpOrigin& origin, std::int64_t ended_ms) {
  store::Attempt attempt;
  attempt.duration_us = exchange.timings.total_us;
  attempt.at_ms = ended_ms - attempt.duration_us / 1000;
  attempt.outcome = to_string(result.what);
  attempt.http_status = result.http_status;
  attempt.detail = describe(exchange, result);
  attempt.address = address_text(exchange.remote_address, origin.port);
  attempt.response_bytes = exchange.bytes_received;
  return attempt;
}

store::Outcome attempt_note(const store::EventRecord& record, store::Attempt attempt) {
  store::Outcome outcome;
  outcome.seq = record.event.seq;
  outcome.app = record.event.app;
  outcome.kind = store::OutcomeKind::note;
  outcome.attempt = std::move(attempt);
  return outcome;
}

}  // namespace tidings::delivery
