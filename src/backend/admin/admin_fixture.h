/// The admin door over the backend of the client tests: requests are values, no socket is opened.
/// Every answer under /admin/v1 is checked against the OpenAPI document on the way.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backend/admin/admin_door.h"
#include "backend/admin/openapi_checker.h"
#include "backend/client/client_fixture.h"
#include "backend/store_metrics.h"
#include "delivery/event_jobs.h"

namespace tidings::backend {

/// Every callback arrives; remembers where and what.
class ArrivingTransport final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    {
      const std::lock_guard lock(mutex_);
      sent_.push_back(request.origin.host + " " + std::string(request.body));
    }
    net::HttpExchange exchange;
    exchange.status = 200;
    exchange.body = R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})";
    co_return exchange;
  }
  std::vector<std::string> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> sent_;
};

class AdminFixture : public ClientFixture {
 protected:
  AdminFixture()
      : folder(std::filesystem::temp_directory_path() / ("tidings-admin-" + ids.uuid())),
        token_made(make_token()),
        authority(net::CertificateAuthority::make("Test authority", 3650, clock.now_s()).value()),
        dispatcher({lanes[1], engine, committer, readers, transport, clock, random,
                    [this](SdkAppId id) { return apps.find(id); }, nullptr, {}, {}, {}}),
        jobs({lanes[1], dispatcher, engine, readers, transport, clock,
              [this](SdkAppId id) { return apps.find(id); }, nullptr, {}}),
        door({{service, committer, hub, {}, &jobs, &authority},
              *token_made,
              metrics,
              readers,
              [this]() -> Result<void> {
                if (ready) return {};
                return fail(Errc::unavailable, "starting");
              }}) {}
  ~AdminFixture() override {
    runtime::block_on(lanes[1], jobs.stop(std::chrono::seconds{3}));
    runtime::block_on(lanes[1], dispatcher.stop(std::chrono::seconds{3}));
    std::filesystem::remove_all(folder);
  }

  Result<AdminToken> make_token() {
    std::filesystem::create_directories(folder);
    return AdminToken::open(folder / "admin.token", ids);
  }

  net::HttpResponse request(net::HttpMethod method, std::string_view target,
                            std::string_view body = {}, std::string_view if_match = {}) {
    const std::string authorization = "Bearer " + token_made->text();
    std::vector<net::HttpField> fields = {{"Authorization", authorization}};
    if (!if_match.empty()) fields.push_back({"If-Match", if_match});
    return raw(method, target, body, std::move(fields));
  }
  net::HttpResponse raw(net::HttpMethod method, std::string_view target, std::string_view body,
                        std::vector<net::HttpField> fields) {
    net::HttpRequest made;
    made.method = method;
    made.target = target;
    made.path = target.substr(0, target.find('?'));
    if (made.path.size() < target.size()) made.query = target.substr(made.path.size() + 1);
    made.body = body;
    made.fields = std::move(fields);
    made.peer_address = "127.0.0.1";
    made.client_ip = "127.0.0.1";
    auto response = runtime::block_on(lanes[0], door.handle(made));
    check_documented(method, made.path, response);
    return response;
  }
  net::HttpResponse get(std::string_view target) {
    return request(net::HttpMethod::get, target);
  }
  net::HttpResponse post(std::string_view target, std::string_view body = {}) {
    return request(net::HttpMethod::post, target, body);
  }
  net::HttpResponse patch(std::string_view target, std::string_view body,
                          std::string_view if_match = {}) {
    return request(net::HttpMethod::patch, target, body, if_match);
  }
  static json::object object(const net::HttpResponse& response) {
    auto value = json::parse(response.body);
    return value.get_object();
  }
  /// "code field" of a refusal.
  static std::string refusal(const net::HttpResponse& response) {
    const auto body = object(response);
    if (!body.contains("error")) return "no error: " + response.body;
    const auto& error = body.at("error").get_object();
    const auto& field = error.at("field");
    return std::string(error.at("code").get_string()) + " " +
           (field.is_null() ? "-" : std::string(field.get_string()));
  }
  static std::string header(const net::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  void check_documented(net::HttpMethod method, std::string_view path,
                        const net::HttpResponse& response) {
    const auto match = match_admin_route(method, path);
    if (match.route == nullptr) return;
    const std::string_view name = method == net::HttpMethod::get     ? "get"
                                  : method == net::HttpMethod::post  ? "post"
                                  : method == net::HttpMethod::patch ? "patch"
                                                                     : "delete";
    const auto* documented = checker.response(match.route->pattern, name, response.status);
    ASSERT_NE(documented, nullptr) << name << " " << path << " answered " << response.status
                                   << ", which is not documented: " << response.body;
    const auto* content = documented->if_contains("content");
    if (content == nullptr) {
      EXPECT_EQ(response.body, "") << path;
      return;
    }
    const auto& schema = content->at("application/json").at("schema").get_object();
    EXPECT_EQ(checker.misfit(json::parse(response.body), schema), "")
        << name << " " << path << ": " << response.body;
  }

  static constexpr std::string_view kAppPath = "/admin/v1/apps/1400112233";

  SystemRandom ids;
  std::filesystem::path folder;
  bool ready = true;
  OpenApiChecker checker;
  Result<AdminToken> token_made;
  net::CertificateAuthority authority;
  ArrivingTransport transport;
  delivery::Dispatcher dispatcher;  // not started: events stay pending until a test starts it
  delivery::EventJobs jobs;
  AdminDoor door;
};

}  // namespace tidings::backend
