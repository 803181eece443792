/// ClientSession: one client's connection, from its first frame to its end, without the socket:
/// text in, frames out through a ClientOutbox.
///
/// The first frame is `login {SDKAppID, userID, userSig, platform}`; it verifies the ticket,
/// imports the account if it is new, and takes a seat in the hub. Frames that arrive while the
/// login is being verified wait for it. After that up to `max_in_flight` operations run at a time,
/// and answers come in the order in which they are ready. `ping` and `logout` are answered here.
///
/// Ends the connection: 1007 text that is not JSON, 1008 no login in time or a refused one, 1013 a
/// login beyond the share of its app or user, 1000 logout. Everything else is answered with a code:
/// 10003 unknown operation, 10004 bad arguments, 10006 over `frames_per_second` or `max_in_flight`
/// (the operation was not begun).
/// Threads: its lane only. Lifetime: stop() has returned before the destructor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/authenticator.h"
#include "backend/client/frame.h"
#include "backend/client/hub.h"
#include "backend/client/operation.h"
#include "backend/client/outbox.h"
#include "backend/client/shares.h"
#include "backend/metrics.h"
#include "backend/service.h"
#include "runtime/task_group.h"

namespace tidings::backend {

struct ClientSessionOptions {
  std::chrono::milliseconds login_timeout{10'000};
  std::size_t max_in_flight = 32;
  double frames_per_second = 100;  ///< sustained; the same number may come in a burst
  std::size_t max_answer_bytes = 1024 * 1024;  ///< more answers 10018
};

/// What the sessions of a door share.
struct ClientSessionParts {
  Service& service;
  Authenticator& authenticator;
  ClientHub& hub;
  Metrics& metrics;
  ClientSessionOptions options;
  ClientShares& shares;
};

class ClientSession {
 public:
  /// REQUIRES: on `lane`, which is one of the hub's.
  ClientSession(const ClientSessionParts& parts, runtime::Lane& lane, ClientOutbox& outbox,
                std::string client_ip);
  ~ClientSession();

  /// One text message. False: the connection is being closed, what follows is not read.
  bool on_text(std::string_view text);
  /// Lets operations under way finish, for at most `grace`. On the lane; not from an operation.
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);

  [[nodiscard]] bool logged_in() const { return state_ == State::in; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

 private:
  enum class State { fresh, verifying, in, closing };
  struct Login {
    SdkAppId app;
    UserId user;
    std::string user_sig;
    std::string platform;
  };

  runtime::awaitable<void> expect_login();
  runtime::awaitable<void> log_in(ClientFrame frame);
  runtime::awaitable<Result<void>> admit(const Login& login);
  runtime::awaitable<Result<void>> ensure_account();
  Result<void> take_share(const Login& login);
  runtime::awaitable<Result<std::vector<GroupId>>> joined_groups();
  static Result<Login> read_login(const boost::json::object& args);
  Result<community::AppPtr> usable_app(SdkAppId id) const;

  void on_frame(ClientFrame frame);
  runtime::awaitable<void> run(Operation operation, ClientFrame frame, OperationContext context);
  void answer(const boost::json::value& id, const OperationAnswer& answer);
  void refuse(const boost::json::value& id, const Error& error);
  void close(std::uint16_t code, std::string reason);
  bool take_token();

  // Constant after construction.
  const ClientSessionParts& parts_;
  ClientOutbox& outbox_;
  const std::string client_ip_;
  Counter& frames_;
  Histogram& latency_;

  // Lane only.
  State state_ = State::fresh;
  community::Caller caller_;
  std::vector<ClientFrame> waiting_;  // arrived while verifying
  std::size_t in_flight_ = 0;
  double tokens_;
  Clock::Monotonic refilled_;
  std::unique_ptr<ClientShares::Place> place_;
  std::optional<HubSeat> seat_;
  runtime::TaskGroup tasks_;
};

}  // namespace tidings::backend
