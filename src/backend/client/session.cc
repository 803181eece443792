#include "backend/client/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backend/client/names.h"
#include "community/code.h"
#include "runtime/sleep.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using runtime::awaitable;

constexpr std::size_t kFramesBeforeLogin = 32;
constexpr int kOverShare = 10006;

struct ReadJoinedGroups {
  store::CommunityReader& reader;
  store::JoinedQuery query;
  Result<std::vector<GroupId>> operator()() const {
    TRY(const auto page, reader.joined(query));
    std::vector<GroupId> out;
    out.reserve(page.groups.size());
    for (const auto& joined : page.groups) out.push_back(joined.group.key.group);
    return out;
  }
};

struct AccountExists {
  store::CommunityReader& reader;
  std::int64_t now_ms;
  Random& random;
  community::AccountKey account;
  Result<bool> operator()() const {
    community::View view(now_ms, random);
    community::Needs needs;
    needs.accounts.push_back(account);
    TRY_VOID(reader.read(needs, view));
    return view.account(account) != nullptr;
  }
};

/// SDKAppID as the SDK sends it, a number; checks as 4.3 orders them.
Result<SdkAppId> read_app_id(const json::object& args) {
  const auto* value = args.if_contains("SDKAppID");
  if (value == nullptr || value->is_null()) {
    return fail(Errc::invalid_argument, "SDKAppID: missing", 60012);
  }
  const std::int64_t number = value->is_int64() ? value->get_int64() : 0;
  if (number < 1 || number > std::int64_t{UINT32_MAX}) {
    return fail(Errc::invalid_argument, "SDKAppID: give an integer from 1 to 4294967295", 60006);
  }
  return SdkAppId(static_cast<std::uint32_t>(number));
}

}  // namespace

ClientSession::ClientSession(const ClientSessionParts& parts, runtime::Lane& lane,
                             ClientOutbox& outbox, std::string client_ip)
    : parts_(parts),
      outbox_(outbox),
      client_ip_(std::move(client_ip)),
      frames_(parts.metrics.counter("tidings_client_frames_total", "Frames read from clients.")),
      latency_(parts.metrics.histogram("tidings_client_operation_seconds",
                                       "From a client's frame to its answer.")),
      tokens_(parts.options.frames_per_second),
      refilled_(parts.service.clock().monotonic()),
      tasks_(lane) {
  auto spawned = tasks_.spawn("client login timeout", expect_login());
  if (!spawned) outbox_.close(close_code::kTryLater, spawned.error().what);
}

ClientSession::~ClientSession() = default;

awaitable<void> ClientSession::stop(std::chrono::milliseconds grace) {
  state_ = State::closing;
  seat_.reset();
  co_await tasks_.stop(grace);
  place_.reset();
}

void ClientSession::close(std::uint16_t code, std::string reason) {
  state_ = State::closing;
  outbox_.close(code, std::move(reason));
}

awaitable<void> ClientSession::expect_login() {
  auto slept = co_await runtime::sleep_for(parts_.options.login_timeout);
  if (slept && (state_ == State::fresh || state_ == State::verifying)) {
    close(close_code::kPolicy, "no login in time: the first frame is op login");
  }
}

bool ClientSession::take_token() {
  const auto now = parts_.service.clock().monotonic();
  const double limit = parts_.options.frames_per_second;
  const std::chrono::duration<double> passed = now - refilled_;
  refilled_ = now;
  tokens_ = std::min(limit, tokens_ + passed.count() * limit);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

bool ClientSession::on_text(std::string_view text) {
  if (state_ == State::closing) return false;
  frames_.add();
  auto parsed = parse_frame_text(text);
  if (!parsed) {
    close(close_code::kInvalidPayload, "not JSON: " + parsed.error().what.substr(0, 90));
    return false;
  }
  const json::value id = frame_id(*parsed);
  if (!take_token()) {
    const auto limit = std::to_string(static_cast<int>(parts_.options.frames_per_second));
    refuse(id, fail(Errc::rate_limited,
                    "more than " + limit + " frames a second on one connection; send more slowly",
                    10006));
    return true;
  }
  auto frame = read_frame(std::move(*parsed));
  if (!frame) {
    refuse(id, frame.error());
    if (state_ == State::fresh) close(close_code::kPolicy, "the first frame is op login");
    return state_ != State::closing;
  }
  on_frame(std::move(*frame));
  return state_ != State::closing;
}

void ClientSession::on_frame(ClientFrame frame) {
  if (state_ == State::fresh) {
    if (frame.op != "login") {
      refuse(frame.id, fail(Errc::unauthenticated, "op: the first frame is login", 10004));
      return close(close_code::kPolicy, "the first frame is op login");
    }
    state_ = State::verifying;
    auto spawned = tasks_.spawn("client login", log_in(std::move(frame)));
    if (!spawned) close(close_code::kTryLater, spawned.error().what);
    return;
  }
  if (state_ == State::verifying) {
    if (waiting_.size() < kFramesBeforeLogin) return waiting_.push_back(std::move(frame));
    return close(close_code::kPolicy, "too many frames before the login was answered");
  }
  if (frame.op == "ping") {
    json::object data;
    data["serverTime"] = parts_.service.clock().now_ms();
    return answer(frame.id, json::value(std::move(data)));
  }
  if (frame.op == "logout") {
    answer(frame.id, json::value(json::object()));
    seat_.reset();
    return close(close_code::kNormal, "logout");
  }
  if (frame.op == "login") {
    return refuse(frame.id, fail(Errc::conflict, "op: logged in already; log out first", 10004));
  }
  const Operation operation = find_operation(frame.op);
  if (operation == nullptr) {
    return refuse(frame.id, fail(Errc::invalid_argument,
                                 "op: '" + frame.op.substr(0, 64) +
                                     "' is no operation; there are " + operation_names(),
                                 10003));
  }
  if (in_flight_ >= parts_.options.max_in_flight) {
    return refuse(frame.id, fail(Errc::rate_limited,
                                 std::to_string(in_flight_) +
                                     " operations are under way on this connection, the limit; "
                                     "wait for an answer",
                                 10006));
  }
  auto app = usable_app(caller_.app);
  if (!app) return refuse(frame.id, app.error());
  // Blocked while the login was under way: the hub could not close this session yet.
  if ((*app)->is_blocked(caller_.user.view())) {
    refuse(frame.id, fail(Errc::forbidden, kBlockedReason, community::code::kAccountBlocked));
    return close(close_code::kPolicy, kBlockedReason);
  }
  ++in_flight_;
  OperationContext context{&parts_.service, std::move(*app), caller_};
  auto spawned =
      tasks_.spawn("client operation", run(operation, std::move(frame), std::move(context)));
  if (!spawned) --in_flight_;  // stopping: nobody waits for the answer
}

awaitable<void> ClientSession::run(Operation operation, ClientFrame frame,
                                   OperationContext context) {
  const auto began = parts_.service.clock().monotonic();
  auto result = co_await operation(std::move(context), std::move(frame.args));
  --in_flight_;
  const auto took = parts_.service.clock().monotonic() - began;
  latency_.observe(std::chrono::duration<double>(took).count());
  answer(frame.id, result);
}

void ClientSession::answer(const json::value& id, const OperationAnswer& result) {
  if (!result) return refuse(id, result.error());
  auto text = std::make_shared<const std::string>(answer_frame(id, *result));
  if (text->size() > parts_.options.max_answer_bytes) {
    return refuse(id, fail(Errc::too_large,
                           "the answer has " + std::to_string(text->size()) + " bytes, at most " +
                               std::to_string(parts_.options.max_answer_bytes) +
                               " are sent; ask for fewer items",
                           10018));
  }
  outbox_.send(std::move(text));
}

void ClientSession::refuse(const json::value& id, const Error& error) {
  parts_.metrics
      .counter("tidings_client_refusals_total", "Client operations refused, by code.",
               {{"code", std::to_string(error.code)}})
      .add();
  outbox_.send(std::make_shared<const std::string>(refusal_frame(id, error)));
}

Result<community::AppPtr> ClientSession::usable_app(SdkAppId id) const {
  auto app = parts_.service.apps().find(id);
  if (!app) return fail(Errc::not_found, "SDKAppID: there is no app " + id.str(), 70020);
  switch (app->status) {
    case community::AppStatus::enabled: return app;
    case community::AppStatus::disabled:
      return fail(Errc::forbidden, "SDKAppID: the app is disabled", 60016);
    case community::AppStatus::expired: break;
  }
  return fail(Errc::forbidden, "SDKAppID: the app's plan has expired", 60020);
}

Result<ClientSession::Login> ClientSession::read_login(const json::object& args) {
  Login out;
  TRY(out.app, read_app_id(args));
  Arguments read(args);
  const auto user = read.text("userID");
  const auto user_sig = read.text("userSig");
  const auto platform = read.text("platform");
  TRY_VOID(read.check());
  if (!user || user->empty() || user->size() > kMaxUserIdBytes) {
    return fail(Errc::invalid_argument, "userID: give 1 to 32 bytes", 60004);
  }
  if (!user_sig) return fail(Errc::invalid_argument, "userSig: missing", 60005);
  TRY(out.platform, client_platform(platform));
  out.user = UserId(*user);
  out.user_sig = *user_sig;
  return out;
}

awaitable<Result<void>> ClientSession::admit(const Login& login) {
  CO_TRY(const auto app, usable_app(login.app));
  CO_TRY_VOID(parts_.authenticator.verify(*app, login.user.view(), login.user_sig));
  CO_TRY_VOID(take_share(login));
  caller_.app = login.app;
  caller_.user = login.user;
  caller_.app_admin = false;
  caller_.origin = {client_ip_, login.platform};
  auto ensured = co_await ensure_account();
  co_return ensured;
}

Result<void> ClientSession::take_share(const Login& login) {
  auto place = parts_.shares.take({login.app, login.user},
                                   parts_.service.apps().all()->size() > 1);
  if (place) {
    place_ = std::move(*place);
    return {};
  }
  parts_.metrics
      .counter("tidings_client_over_share_total",
               "Logins refused because their app or user has its share of connections.")
      .add();
  return place.error();
}

awaitable<Result<void>> ClientSession::ensure_account() {
  Service& service = parts_.service;
  AccountExists look{service.community(), service.clock().now_ms(), service.random(),
                     {caller_.app, caller_.user}};
  CO_TRY(const bool exists, co_await service.read(std::move(look)));
  if (exists) co_return Result<void>{};
  community::ImportAccounts command;
  command.caller = caller_;
  command.users.push_back(caller_.user.str());
  CO_TRY(const auto reply, co_await service.execute(std::move(command)));
  if (const auto* items = std::get_if<community::ItemsReply>(&reply)) {
    for (const auto& item : items->items) {
      if (item.code != 0) co_return fail(Errc::invalid_argument, "userID: " + item.info, item.code);
    }
  }
  co_return Result<void>{};
}

awaitable<Result<std::vector<GroupId>>> ClientSession::joined_groups() {
  store::JoinedQuery query;
  query.account = {caller_.app, caller_.user};
  query.with_av_chat_rooms = true;
  ReadJoinedGroups read{parts_.service.community(), std::move(query)};
  auto groups = co_await parts_.service.read(std::move(read));
  co_return groups;
}

awaitable<void> ClientSession::log_in(ClientFrame frame) {
  const json::value id = frame.id;
  Result<void> admitted;
  auto login = read_login(frame.args);
  if (login) {
    admitted = co_await admit(*login);
  } else {
    admitted = std::move(login).error();
  }
  if (state_ != State::verifying) co_return;
  std::vector<GroupId> groups;
  if (admitted) {
    seat_.emplace(parts_.hub, community::AccountKey{caller_.app, caller_.user}, outbox_);
    auto read = co_await joined_groups();
    if (state_ != State::verifying) co_return;
    if (read) {
      groups = std::move(*read);
    } else {
      seat_.reset();
      admitted = std::move(read).error();
    }
  }
  if (!admitted) {
    place_.reset();
    refuse(id, admitted.error());
    const int code = admitted.error().code;
    close(code == kOverShare ? close_code::kTryLater : close_code::kPolicy,
          "login refused: " + std::to_string(code));
    co_return;
  }
  state_ = State::in;
  outbox_.logged_in();
  json::object data;
  data["userID"] = caller_.user.view();
  data["serverTime"] = parts_.service.clock().now_ms();
  answer(id, json::value(std::move(data)));
  seat_->seated(groups);
  for (auto& waiting : std::exchange(waiting_, {})) {
    if (state_ == State::in) on_frame(std::move(waiting));
  }
}

}  // namespace tidings::backend
