#include "cli/client_run.h"

#include <boost/json.hpp>
#include <functional>

#include "net/websocket_client.h"
#include "runtime/notifier.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"
#include "tidings/json.h"

namespace tidings::cli {
namespace {

using runtime::awaitable;
using runtime::Deadline;

class ClientSession {
 public:
  ClientSession(runtime::Lane& lane, runtime::BlockingPool& blocking, ClientRun run,
                std::shared_ptr<net::WebSocketClient> socket)
      : blocking_(blocking),
        run_(std::move(run)),
        socket_(std::move(socket)),
        answered_(lane),
        readers_(lane) {}

  awaitable<Result<int>> run() {
    const auto spawned = readers_.spawn("frames", read_frames());
    if (!spawned) co_return spawned.error();
    auto result = co_await talk();
    co_await socket_->close();
    co_await readers_.stop(std::chrono::milliseconds{500});
    co_return result;
  }

 private:
  boost::json::object login_frame() const {
    return {{"op", "login"},
            {"args",
             {{"SDKAppID", run_.sdkappid},
              {"userID", run_.user},
              {"userSig", run_.user_sig},
              {"platform", run_.platform}}}};
  }

  awaitable<Result<int>> talk() {
    auto logged_in = co_await ask(login_frame());
    if (!logged_in) co_return logged_in.error();
    if (*logged_in != 0) co_return fail(Errc::unauthenticated, "the login was refused");
    int refused = 0;
    for (;;) {
      // By reference: a source of lines has a place in them, and a copy would stay at its own.
      auto line = co_await blocking_.run(std::ref(run_.next_line));
      if (!line) co_return line.error();
      if (!line->has_value()) break;
      const auto parsed = parse_json_strict(**line);
      if (!parsed || !parsed->is_object()) {
        co_return fail(Errc::invalid_argument,
                       "not a JSON object: " + **line +
                           "; write {\"op\":\"getTopicList\",\"args\":{...}}");
      }
      auto code = co_await ask(parsed->as_object());
      if (!code) co_return code.error();
      if (*code != 0) ++refused;
      const auto* op = parsed->as_object().if_contains("op");
      if (*code == 0 && op != nullptr && *op == "logout") co_return refused;
    }
    const Deadline until = Deadline::after(run_.listen);
    while (!closed_ && !until.passed()) {
      const auto waited = co_await answered_.wait(until);
      if (!waited && waited.error().kind != Errc::timeout) break;
    }
    // Whoever listens wants to know that nobody speaks any more.
    if (closed_ && run_.listen.count() > 0) co_return closed_error();
    co_return refused;
  }

  Error closed_error() const {
    return fail(Errc::unavailable, "the server ended the connection: " + why_closed_);
  }

  /// Sends one operation and waits for its answer's code.
  awaitable<Result<int>> ask(boost::json::object frame) {
    wanted_ = ++last_id_;
    code_.reset();
    frame["id"] = last_id_;
    std::string text = boost::json::serialize(frame);
    const auto sent = co_await socket_->send(std::move(text));
    if (!sent) co_return sent.error();
    const Deadline until = Deadline::after(run_.answer_timeout);
    while (!code_ && !closed_) {
      const auto waited = co_await answered_.wait(until);
      if (!waited) co_return waited.error();
    }
    if (!code_) co_return closed_error();
    co_return *code_;
  }

  awaitable<void> read_frames() {
    for (;;) {
      auto text = co_await socket_->read(Deadline::never());
      if (!text) {
        why_closed_ = text.error().what;
        closed_ = true;
        answered_.notify_all();
        co_return;
      }
      run_.print(*text);
      const auto frame = parse_json_strict(*text);
      if (!frame || !frame->is_object()) continue;
      const auto* id = frame->as_object().if_contains("id");
      const auto* code = frame->as_object().if_contains("code");
      if (id == nullptr || code == nullptr || !id->is_int64() || !code->is_int64()) continue;
      if (id->get_int64() != wanted_) continue;
      code_ = static_cast<int>(code->get_int64());
      answered_.notify_all();
    }
  }

  runtime::BlockingPool& blocking_;
  ClientRun run_;
  std::shared_ptr<net::WebSocketClient> socket_;
  std::int64_t last_id_ = 0;
  std::int64_t wanted_ = 0;
  std::optional<int> code_;  // of the wanted answer
  bool closed_ = false;
  std::string why_closed_;
  runtime::Notifier answered_;
  runtime::TaskGroup readers_;  // last: stopped before what it uses goes
};

}  // namespace

awaitable<Result<int>> run_client(runtime::Lane& lane, runtime::BlockingPool& blocking,
                                  ClientRun run) {
  auto socket = co_await net::WebSocketClient::connect(run.url, run.tls,
                                                       Deadline::after(run.answer_timeout));
  if (!socket) co_return socket.error();
  ClientSession session(lane, blocking, std::move(run), std::move(*socket));
  auto result = co_await session.run();
  co_return result;
}

}  // namespace tidings::cli
