#include "delivery/before_caller.h"

#include "runtime/run_on.h"

namespace tidings::delivery {

/// Taken while one is asked.
class BeforeCaller::Place {
 public:
  Place(BeforeCaller& caller, std::string url) : caller_(caller), url_(std::move(url)) {
    ++caller_.asking_[url_];
    ++caller_.in_flight_;
  }
  ~Place() {
    --caller_.in_flight_;
    const auto own = caller_.asking_.find(url_);
    if (--own->second == 0) caller_.asking_.erase(own);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  BeforeCaller& caller_;
  const std::string url_;
};

bool BeforeCaller::has_room(const std::string& url) const {
  const auto found = asking_.find(url);
  const int own = found == asking_.end() ? 0 : found->second;
  const int left = options_.max_in_flight - (in_flight_ - own);
  return own < options_.max_per_url && own < (left + 1) / 2;
}

runtime::awaitable<Result<CallbackAnswer>> BeforeCaller::ask(const community::Question& question,
                                                             const community::Caller& caller) {
  if (runtime::Lane::current() == &parts_.lane) co_return co_await ask_on_lane(question, caller);
  auto answer = co_await runtime::run_on(parts_.lane, ask_on_lane(question, caller));
  co_return answer;
}

runtime::awaitable<Result<CallbackAnswer>> BeforeCaller::ask_on_lane(
    const community::Question& question, const community::Caller& caller) {
  CO_TRY(const std::shared_ptr<const Endpoint> endpoint,
         Endpoint::create(question.app, parts_.tls));
  const std::string& url = question.app->callback.url;
  const auto crowded = [&] {
    return fail(Errc::rate_limited, "too many " + question.command +
                                        " are under way to the app backend; try again");
  };
  if (!has_room(url)) co_return crowded();
  const Place place(*this, url);
  const std::string request_id = parts_.random.uuid();
  const CallbackMessage message{question.command, request_id, caller.origin, question.body, 0};
  const auto request = make_request(*endpoint, message, parts_.clock.now_s(),
                                    runtime::Deadline::after(kExchangeTimeout));
  const net::HttpExchange exchange = co_await parts_.transport.post(request);
  if (exchange.failure == net::ExchangeFailure::overloaded) co_return crowded();
  const AttemptResult result = classify(exchange, parts_.clock.now_s());
  if (parts_.trace) {
    const auto attempt = log_of(exchange, result, endpoint->origin, parts_.clock.now_ms());
    parts_.trace({question.app->id, 0, question.command, request_id, endpoint->origin, attempt, {}});
  }
  if (result.what != AttemptClass::ok) {
    std::string what = "the app backend gave no valid answer to " + question.command + " (" +
                       std::string(to_string(result.what));
    if (result.http_status != 0 && result.http_status != 200) {
      what += ", HTTP " + std::to_string(result.http_status);
    }
    co_return fail(Errc::unavailable, what + ")");
  }
  co_return parse_callback_answer(exchange.body);
}

}  // namespace tidings::delivery
