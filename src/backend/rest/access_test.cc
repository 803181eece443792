// Goal: access is decided in the order of the protocol's table 4.3, the first failure wins, and
// every answer is HTTP 200 with the envelope.
// Method: one request that fails every check at once is repaired check by check; the code that
// comes out walks down the table. Then the corners of single checks.
#include <future>

#include "backend/rest/rest_fixture.h"
#include "support/eventually.h"

namespace tidings::backend::rest::access_test {
namespace {

class AccessTest : public RestFixture {
 protected:
  struct Raw {
    net::HttpMethod method = net::HttpMethod::post;
    std::string path = "/v4/group_open_http_svc/destroy_group";
    std::string query;
    std::string body = "{}";
  };
  int raw(const Raw& raw) {
    net::HttpRequest request;
    request.method = raw.method;
    request.method_text = raw.method == net::HttpMethod::post ? "POST" : "GET";
    request.path = raw.path;
    request.query = raw.query;
    const std::string target = raw.path + "?" + raw.query;
    request.target = target;
    request.body = raw.body;
    request.client_ip = client_ip;
    const net::HttpResponse response = send(request);
    EXPECT_EQ(response.status, 200U);
    const auto reply = boost::json::parse(response.body).as_object();
    last_info = reply.at("ErrorInfo").as_string();
    return reply.at("ErrorCode").to_number<int>();
  }
};

/// {"TLS.ver":"2.0"}, compressed and encoded as 5.1 says.
constexpr const char* kTicketWithoutMembers = "eJyrVgrxCdYrSy1SslIy0jNQqgUALUoEuQ__";

TEST_F(AccessTest, checks_run_in_the_order_of_the_table_and_the_first_failure_wins) {
  RestLimits limits = unlimited();
  limits.per_command["destroy_group"] = 1;
  RestDoor by_command({service, authenticator, limiter, nullptr}, limits);
  limits.app_per_second = 1;
  RestDoor by_app({service, authenticator, limiter, nullptr}, limits);
  RestDoor* asked = &by_app;
  const auto ask = [&](const Raw& raw) {
    net::HttpRequest request;
    request.method = raw.method;
    request.path = raw.path;
    request.query = raw.query;
    request.body = raw.body;
    request.client_ip = client_ip;
    const auto response = runtime::block_on(lane, asked->handle(request));
    return boost::json::parse(response.body).as_object().at("ErrorCode").to_number<int>();
  };
  community::App changed = app();
  changed.status = community::AppStatus::disabled;
  changed.rest_allow = {"10.0.0.0/8"};
  changed.rest_disabled = {"group_open_http_svc"};
  put_app(changed);

  Raw request;
  request.method = net::HttpMethod::get;
  request.path = "/v4/no_such_service/destroy_group";
  request.query = "contenttype=xml";
  request.body = "";
  EXPECT_EQ(ask(request), 60002);
  request.method = net::HttpMethod::post;
  EXPECT_EQ(ask(request), 60009);
  request.path = "/v4/group_open_http_svc/no_such_command";
  EXPECT_EQ(ask(request), 60012);
  request.query = "sdkappid=x&contenttype=xml";
  EXPECT_EQ(ask(request), 60006);
  request.query = "sdkappid=1400999999&contenttype=xml";
  EXPECT_EQ(ask(request), 70020);
  request.query = "sdkappid=1400112233&contenttype=xml";
  EXPECT_EQ(ask(request), 60016);
  changed.status = community::AppStatus::expired;
  put_app(changed);
  EXPECT_EQ(ask(request), 60017);
  changed.rest_disabled = {};
  put_app(changed);
  EXPECT_EQ(ask(request), 60020);
  changed.status = community::AppStatus::enabled;
  put_app(changed);
  EXPECT_EQ(ask(request), 60021);
  changed.rest_allow = {};
  put_app(changed);

  EXPECT_EQ(ask(request), 60004) << "the app's one token of this second";
  EXPECT_EQ(ask(request), 60011);
  const auto next_second = [&] { clock.advance(std::chrono::seconds(1)); };
  next_second();
  request.query = "sdkappid=1400112233&identifier=omar&contenttype=xml";
  EXPECT_EQ(ask(request), 60005);
  next_second();
  request.query += "&usersig=";
  EXPECT_EQ(ask(request), 70002);
  const std::string as_omar = "sdkappid=1400112233&contenttype=xml&identifier=omar&usersig=";
  const auto ticket = [&](const std::string& text) {
    next_second();
    request.query = as_omar + text;
    return ask(request);
  };
  // The checks of 5.3: each ticket fails the check that is named, and all that come after it.
  const auto made = [](std::uint32_t app, const char* user, std::string_view key, int expire_s) {
    return make_user_sig(SdkAppId(app), UserId(user), key, kNow - 100, expire_s);
  };
  changed.blocked_users = {UserId("omar")};
  const auto keys =
      std::exchange(changed.keys, {{std::string(kKey), 0, kNow - 1}});  // it has ended
  put_app(changed);
  EXPECT_EQ(ticket("not-a-ticket"), 70003);
  EXPECT_EQ(ticket(kTicketWithoutMembers), 70005);
  EXPECT_EQ(ticket(made(1400112234, "vera_01", "another key", 60)), 70014);
  EXPECT_EQ(ticket(made(1400112233, "vera_01", "another key", 60)), 70013);
  EXPECT_EQ(ticket(made(1400112233, "omar", "another key", 60)), 70016);
  changed.keys = keys;
  put_app(changed);
  EXPECT_EQ(ticket(made(1400112233, "omar", "another key", 60)), 70009);
  EXPECT_EQ(ticket(made(1400112233, "omar", kKey, 60)), 70001);
  EXPECT_EQ(ticket(sig("omar")), 70051);
  changed.blocked_users = {};
  put_app(changed);
  EXPECT_EQ(ticket(sig("omar")), 60010);
  next_second();
  const std::string as_admin = "sdkappid=1400112233&identifier=administrator&usersig=" + sig();
  request.query = as_admin + "&contenttype=xml";
  request.path = "/v4/group_open_http_svc/destroy_group";
  EXPECT_EQ(ask(request), 60025) << "the command's one token of this second";
  asked = &by_command;  // from here without the app's own limit, which would answer first
  EXPECT_EQ(ask(request), 60007);
  next_second();
  EXPECT_EQ(ask(request), 60025);
  next_second();
  request.query = as_admin + "&contenttype=json";
  EXPECT_EQ(ask(request), 60003);
  next_second();
  request.body = R"({"Owner_Account":7})";
  EXPECT_EQ(ask(request), 60015);
  request.path = "/v4/group_open_http_svc/no_such_command";
  EXPECT_EQ(ask(request), 60015);
  request.body = "{}";
  EXPECT_EQ(ask(request), 10003);
  request.path = "/v4/group_open_http_svc/destroy_group";
  next_second();
  EXPECT_EQ(ask(request), 10004);
}

TEST_F(AccessTest, a_path_must_be_of_the_documented_form) {
  for (const char* path : {"/", "/v4", "/v4/", "/v4/group_open_http_svc", "/v4//destroy_group",
                           "/v4/group_open_http_svc/", "/v4/group_open_http_svc/destroy_group/",
                           "/v5/group_open_http_svc/destroy_group", "/V4/group_open_http_svc/x"}) {
    EXPECT_EQ(raw({.path = path, .query = query()}), 60002) << path;
  }
}

TEST_F(AccessTest, head_of_the_root_answers_200_without_a_body) {
  net::HttpRequest request;
  request.method = net::HttpMethod::head;
  const net::HttpResponse response = send(request);
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "");
}

TEST_F(AccessTest, every_answer_has_the_documented_headers) {
  const net::HttpResponse response = post("group_open_http_svc/destroy_group", "", "");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(response.constant_headers,
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: X-Requested-With\r\n"
            "Access-Control-Allow-Methods: POST\r\n");
}

TEST_F(AccessTest, sdkappid_is_a_positive_decimal_integer) {
  const std::string rest = "&identifier=administrator&usersig=" + sig();
  for (const auto& [text, code] : std::vector<std::pair<std::string, int>>{
           {"", 60006}, {"0", 60006}, {"-1", 60006}, {"1400112233x", 60006}, {"1e9", 60006},
           {"%31400112233", 10004}, {"4294967296", 70020}, {"99999999999999999999", 70020},
           {"1400112234", 70020}, {"1400112233", 10004}}) {
    EXPECT_EQ(raw({.query = "sdkappid=" + text + rest}), code) << text;
  }
}

TEST_F(AccessTest, the_query_is_percent_decoded_and_plus_stays_plus) {
  std::string encoded;
  for (const char c : sig()) encoded += c == '*' ? std::string("%2A") : std::string(1, c);
  const std::string escaped = "&identifier=%61dministrator&sdkappid=1400112233";
  EXPECT_EQ(raw({.query = "usersig=" + encoded + escaped}), 10004)
      << last_info;
  EXPECT_EQ(raw({.query = "sdkappid=1400112233&identifier=a+b&usersig=" + sig("a b")}), 70013);
  EXPECT_EQ(raw({.query = "sdkappid=1400112233&identifier=%6&usersig=x"}), 60002);
  EXPECT_EQ(raw({.query = "sdkappid=1400112233&identifier=%zz&usersig=x"}), 60002);
  EXPECT_EQ(raw({.query = query() + "&sdkappid=1"}), 60002);
}

TEST_F(AccessTest, random_and_contenttype_may_be_missing_and_contenttype_ignores_case) {
  const std::string base = "sdkappid=1400112233&identifier=administrator&usersig=" + sig();
  EXPECT_EQ(raw({.query = base}), 10004);
  EXPECT_EQ(raw({.query = base + "&random=abc"}), 10004);
  EXPECT_EQ(raw({.query = base + "&contenttype=JSON"}), 10004);
  EXPECT_EQ(raw({.query = base + "&contenttype="}), 60025);
  EXPECT_EQ(raw({.query = base + "&contenttype=text"}), 60025);
}

TEST_F(AccessTest, an_identifier_has_at_most_32_bytes) {
  const std::string longest(32, 'a');
  const auto ask = [&](const std::string& user) {
    return raw({.query = "sdkappid=1400112233&identifier=" + user + "&usersig=" + sig(user)});
  };
  EXPECT_EQ(ask(longest), 60010);
  EXPECT_EQ(ask(longest + "a"), 60004);
  EXPECT_EQ(ask(""), 60004);
}

TEST_F(AccessTest, every_way_a_usersig_fails_has_its_code) {
  const auto ask = [&](const std::string& ticket) {
    return raw({.query = "sdkappid=1400112233&identifier=administrator&usersig=" + ticket});
  };
  const UserId admin("administrator");
  EXPECT_EQ(ask(""), 70002);
  EXPECT_EQ(ask("not-a-ticket"), 70003);
  EXPECT_EQ(ask(make_user_sig(SdkAppId(1400112234), admin, kKey, kNow, 60)), 70014);
  EXPECT_EQ(ask(sig("omar")), 70013);
  EXPECT_EQ(ask(make_user_sig(kApp, admin, "another key", kNow, 60)), 70009);
  EXPECT_EQ(ask(make_user_sig(kApp, admin, kKey, kNow - 61, 60)), 70001);
  EXPECT_EQ(ask(make_user_sig(kApp, admin, kKey, kNow - 60, 60)), 10004) << "its last second";
  EXPECT_EQ(ask(make_user_sig(kApp, admin, kKey, kNow + 3600, 60)), 10004) << "a clock ahead";
}

TEST_F(AccessTest, ten_failed_tickets_within_a_minute_close_the_identifier_for_one_minute) {
  const auto wrong = [&] {
    return raw({.query = "sdkappid=1400112233&identifier=administrator&usersig=wrong"});
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(wrong(), 70003) << i;
  EXPECT_EQ(wrong(), 70050);
  EXPECT_EQ(raw({.query = query()}), 70050) << "the right ticket as well";
  EXPECT_EQ(raw({.query = query("omar")}), 60010) << "other identifiers are not concerned";
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(raw({.query = query()}), 10004) << last_info;
}

TEST_F(AccessTest, only_admins_may_call_and_the_account_service_has_its_own_code_for_that) {
  EXPECT_EQ(raw({.query = query("omar")}), 60010);
  EXPECT_EQ(raw({.path = "/v4/im_open_login_svc/account_check", .query = query("omar")}), 70403);
}

TEST_F(AccessTest, calls_and_services_are_switched_off_one_by_one) {
  community::App changed = app();
  changed.rest_disabled = {"group_open_http_svc/destroy_group", "im_open_login_svc/account_check"};
  put_app(changed);
  const auto code = [&](const std::string& path) { return raw({.path = "/v4/" + path, .query = query()}); };
  EXPECT_EQ(code("group_open_http_svc/destroy_group"), 10026);
  EXPECT_EQ(code("group_open_http_svc/create_group"), 10004) << "goes on to its own checks";
  EXPECT_EQ(code("im_open_login_svc/account_check"), 60017);
  EXPECT_NE(code("im_open_login_svc/account_import"), 60017);
  changed.rest_disabled = {"million_group_open_http_svc"};
  put_app(changed);
  EXPECT_EQ(code("million_group_open_http_svc/create_topic"), 60017);
  EXPECT_EQ(code("group_open_http_svc/destroy_group"), 10004);
}

TEST_F(AccessTest, the_source_list_holds_networks_of_both_families) {
  community::App changed = app();
  changed.rest_allow = {"10.0.0.0/8", "2001:db8::/32", "192.0.2.7"};
  put_app(changed);
  for (const auto& [address, code] : std::vector<std::pair<std::string, int>>{
           {"10.200.1.1", 10004}, {"2001:db8::7", 10004}, {"192.0.2.7", 10004},
           {"::ffff:10.1.2.3", 10004}, {"192.0.2.8", 60021}, {"2001:db9::7", 60021},
           {"", 60021}}) {
    client_ip = address;
    EXPECT_EQ(raw({.query = query()}), code) << address;
  }
}

TEST_F(AccessTest, a_body_that_is_no_json_object_is_60003) {
  for (const char* body : {"", " ", "[]", "5", "\"x\"", "{", "{} x", "{\"a\":1,\"a\":2}",
                           "{/* no */}", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(raw({.query = query(), .body = body}), 60003) << body;
    EXPECT_FALSE(last_info.empty());
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{\"a\":";
  EXPECT_EQ(raw({.query = query(), .body = deep}), 60003);
}

TEST_F(AccessTest, accounts_are_strings_at_any_depth_except_from_account) {
  const auto ask = [&](const char* call, const char* body) {
    return raw({.path = std::string("/v4/") + call, .query = query(), .body = body});
  };
  for (const char* body :
       {R"({"Owner_Account":5})", R"({"Owner_Account":null})", R"({"Owner_Account":true})",
        R"({"MemberList":[{"Member_Account":5}]})",
        R"({"MemberList":[{"Member_Account":["a",5]}]})",
        R"({"Owner_Account":{"UserID":"a"}})", R"({"From_Account":-5})", R"({"From_Account":1.5})",
        R"({"UserID":5})", R"({"Identifier":5})"}) {
    EXPECT_EQ(ask("group_open_http_svc/create_group", body), 60015) << body;
  }
  EXPECT_EQ(ask("im_open_login_svc/multiaccount_import", R"({"Accounts":["a",5]})"), 60015);
  EXPECT_EQ(ask("im_open_login_svc/account_check", R"({"CheckItem":[{"UserID":5}]})"), 60015);
  EXPECT_EQ(ask("million_group_open_http_svc/create_topic", R"({"From_Account":5})"), 10004);
  raw({.path = "/v4/group_open_http_svc/create_group", .query = query(),
       .body = R"({"Owner_Account":5})"});
  EXPECT_EQ(last_info, "Owner_Account is the integer 5; an account must be a JSON string");
}

TEST_F(AccessTest, unknown_commands_and_message_commands_say_so) {
  const auto ask = [&](const char* call) {
    return raw({.path = std::string("/v4/") + call, .query = query()});
  };
  EXPECT_EQ(ask("group_open_http_svc/nothing"), 10003);
  EXPECT_EQ(ask("million_group_open_http_svc/create_group"), 10003);
  EXPECT_EQ(ask("im_open_login_svc/nothing"), 60009);
  EXPECT_EQ(ask("im_open_login_svc/create_group"), 60009);
  EXPECT_EQ(ask("openim/sendmsg"), 60009);
  for (const char* message :
       {"group_open_http_svc/send_group_msg", "group_open_http_svc/send_group_system_notification",
        "group_open_http_svc/group_msg_recall", "group_open_http_svc/group_msg_get_simple",
        "group_open_http_svc/delete_group_msg_by_sender", "group_open_http_svc/import_group_msg",
        "openim/modify_group_msg"}) {
    EXPECT_EQ(ask(message), 10003) << message;
    EXPECT_NE(last_info.find("messages"), std::string::npos) << message;
  }
}

TEST_F(AccessTest, what_never_became_a_request_is_answered_like_the_rest) {
  const net::HttpResponse slow = RestDoor::refusal(408, "too slow");
  EXPECT_EQ(slow.status, 200U);
  EXPECT_EQ(slow.body, R"({"ActionStatus":"FAIL","ErrorInfo":"too slow","ErrorCode":60008})");
  EXPECT_TRUE(slow.close);
  EXPECT_EQ(RestDoor::refusal(400, "a \"quoted\" reason").body,
            R"({"ActionStatus":"FAIL","ErrorInfo":"a \"quoted\" reason","ErrorCode":60002})");
}

/// The committer and the only reader stand still, as on a disk that hangs, until go_on().
class StandingStill : public RestFixture {
 protected:
  StandingStill() : RestFixture(quick()) {}
  ~StandingStill() override { go_on(); }
  static RestLimits quick() {
    RestLimits limits = unlimited();
    limits.answer_within = std::chrono::milliseconds(30);
    return limits;
  }
  struct Hold {
    std::shared_future<void> until;
    std::shared_ptr<std::promise<void>> begun = std::make_shared<std::promise<void>>();
    void operator()() const {
      begun->set_value();
      until.wait();
    }
  };
  runtime::awaitable<Result<void>> hold_reader(Hold hold) {
    auto held = co_await readers.run(std::move(hold));
    co_return held;
  }
  void stand_still() {
    const Hold commits{gate};
    committer.submit(community::PurgeEvents{}, [commits](Result<community::Reply>&&) { commits(); });
    const Hold reads{gate};
    reading = std::async(std::launch::async,
                         [this, reads] { return runtime::block_on(lane, hold_reader(reads)); });
    commits.begun->get_future().wait();
    reads.begun->get_future().wait();
  }
  void go_on() {
    if (!std::exchange(open, true)) opens.set_value();
    if (!reading.valid()) return;
    EXPECT_TRUE(reading.get().has_value());
  }
  /// What get_group_info says of it, as soon as that is answered in time.
  int code_of_group(const std::string& id) {
    boost::json::object reply;
    EXPECT_TRUE(test::eventually([&] {
      reply = call("group_open_http_svc/get_group_info", R"({"GroupIdList":[")" + id + R"("]})");
      return reply.at("ErrorCode").as_int64() == 0;
    }));
    return reply.at("GroupInfo").at(0).at("ErrorCode").to_number<int>();
  }

  bool open = false;
  std::promise<void> opens;
  std::shared_future<void> gate = opens.get_future().share();
  std::future<Result<void>> reading;
};

TEST_F(StandingStill, a_call_that_takes_too_long_is_60008_and_is_not_begun_afterwards) {
  stand_still();
  EXPECT_EQ(code("group_open_http_svc/create_group", R"({"Type":"Public","Name":"N","GroupId":"g"})"),
            60008);
  EXPECT_EQ(last_info.substr(0, 25), "not answered within 30 ms");
  EXPECT_EQ(code("group_open_http_svc/get_group_info", R"({"GroupIdList":["g"]})"), 60008);
  EXPECT_EQ(code("im_open_login_svc/account_import", R"({"UserID":"omar"})"), 70169);
  EXPECT_EQ(code("im_open_login_svc/account_check", R"({"CheckItem":[{"UserID":"omar"}]})"), 70169);
  go_on();
  committer.stop();  // nothing waits any more
  EXPECT_EQ(committer.stats().expired, 2U);
  EXPECT_EQ(code_of_group("g"), 10010);
}

TEST_F(StandingStill, a_call_that_takes_too_long_after_it_had_begun_takes_effect) {
  // On a busy machine 30 ms may pass before it begins: then once more.
  bool begun = false;
  for (int attempt = 0; attempt < 50 && !begun; ++attempt) {
    std::promise<void> begins, answers;
    const Hold before{begins.get_future().share()}, with{answers.get_future().share()};
    committer.submit(community::PurgeEvents{}, [before](Result<community::Reply>&&) { before(); });
    before.begun->get_future().wait();
    // What shares its batch is committed with it, and answered behind it.
    community::ImportAccounts first;
    first.caller = {kApp, UserId("administrator"), true, {}};
    first.users = {"vera_01"};
    committer.submit(first, [with](Result<community::Reply>&&) { with(); });
    const std::string id = "g" + std::to_string(attempt);
    auto told = std::async(std::launch::async, [&] {
      return code("group_open_http_svc/create_group",
                  R"({"Type":"Public","Name":"N","GroupId":")" + id + R"("})");
    });
    EXPECT_TRUE(test::eventually([&] { return committer.stats().queued == 2; }));
    const std::uint64_t expired = committer.stats().expired;
    begins.set_value();
    EXPECT_EQ(told.get(), 60008);
    answers.set_value();
    EXPECT_TRUE(execute(first).has_value()) << "behind them: their batch has been counted";
    begun = committer.stats().expired == expired;
    EXPECT_EQ(code_of_group(id), begun ? 0 : 10010);
  }
  EXPECT_TRUE(begun);
}

TEST_F(AccessTest, a_retired_key_ends_on_time_although_its_ticket_is_cached) {
  const std::string ticket = sig("administrator", 86400);
  const std::string with = "sdkappid=1400112233&identifier=administrator&usersig=" + ticket;
  EXPECT_EQ(raw({.query = with}), 10004);
  community::App changed = app();
  changed.keys = {{"the new key", kNow, 0}, {std::string(kKey), 0, kNow + 10}};
  put_app(changed);
  EXPECT_EQ(raw({.query = with}), 10004) << "still valid for ten seconds";
  clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(raw({.query = with}), 70009);
}

TEST_F(AccessTest, a_cached_ticket_does_not_outlive_itself_nor_serve_another_identifier) {
  const std::string ticket = sig("administrator", 30);
  const std::string with = "sdkappid=1400112233&identifier=administrator&usersig=" + ticket;
  EXPECT_EQ(raw({.query = with}), 10004);
  EXPECT_EQ(raw({.query = "sdkappid=1400112233&identifier=omar&usersig=" + ticket}), 70013);
  clock.advance(std::chrono::seconds(30));
  EXPECT_EQ(raw({.query = with}), 10004);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(raw({.query = with}), 70001);
}

class DocumentedLimitsTest : public RestFixture {
 protected:
  DocumentedLimitsTest() : RestFixture(RestLimits{}) {}
};

TEST_F(DocumentedLimitsTest, each_command_has_its_own_bucket_of_the_documented_size) {
  const auto allowed = [&](std::string_view name, std::string_view body, int most) {
    int count = 0;
    while (count <= most && code(name, body) != 60007) ++count;
    return count;
  };
  EXPECT_EQ(allowed("group_open_http_svc/get_appid_group_list", "{}", 300), 1);
  EXPECT_EQ(allowed("im_open_login_svc/account_check", "{}", 300), 100);
  EXPECT_EQ(allowed("group_open_http_svc/get_group_muted_account", "{}", 300), 200);
  EXPECT_EQ(allowed("group_open_http_svc/get_group_shutted_uin", "{}", 300), 0) << "an alias";
  clock.advance(std::chrono::milliseconds(500));
  EXPECT_EQ(allowed("group_open_http_svc/get_appid_group_list", "{}", 300), 0);
  EXPECT_EQ(allowed("im_open_login_svc/account_check", "{}", 300), 50);
  clock.advance(std::chrono::seconds(3600));
  EXPECT_EQ(allowed("group_open_http_svc/get_appid_group_list", "{}", 300), 1);
  EXPECT_EQ(allowed("group_open_http_svc/nothing", "{}", 300), 200);
}

TEST_F(AccessTest, who_was_let_in_is_no_stranger_to_the_listener) {
  const auto proven = [&](std::string_view call, std::string_view with_query) {
    return post(call, "{}", with_query).proven;
  };
  const std::string_view check = "im_open_login_svc/account_check";
  EXPECT_TRUE(proven(check, query())) << "what is wrong with the call is another matter";
  EXPECT_FALSE(proven(check, "sdkappid=1400112233&identifier=administrator&usersig=x"));
  EXPECT_FALSE(proven(check, query("omar"))) << "no admin";
  EXPECT_FALSE(proven("no_such_service/x", query()));
  net::HttpRequest probe;
  probe.method = net::HttpMethod::head;
  EXPECT_FALSE(send(probe).proven);
}

}  // namespace
}  // namespace tidings::backend::rest::access_test
