// Goal: an operator lists, replays and cancels events at the admin door, one or by filter, with a
// preview first; what is wrong is refused by name.
// Method: requests as values; the fixture checks every answer against docs/openapi.json. Delivery is
// real, over a transport that always succeeds.
#include "backend/admin/admin_fixture.h"
#include "support/eventually.h"

namespace tidings::backend {
namespace {

using test::eventually;

class AdminEvents : public AdminFixture {
 protected:
  static std::string path(std::string_view rest) { return std::string(kAppPath) + std::string(rest); }
  /// Four events of one community: it was created, and then topics wood, iron and clay.
  void make_events() {
    TestClient& vera = online("vera_01");
    make_community(vera);
    for (const char* topic : {"wood", "iron", "clay"}) make_topic(vera, topic);
  }
  /// Delivery runs, and holds everything: the app has no URL.
  void deliver_nothing_yet() {
    dispatcher.start();
    jobs.start();
    ASSERT_TRUE(eventually([&] { return dispatcher.stats().queued == 4; }));
  }
  void set_url(const std::string& url) {
    const auto body = "{\"url\":" + (url.empty() ? "null" : "\"" + url + "\"") + "}";
    ASSERT_EQ(patch(path("/callback"), body).status, 200U);
    dispatcher.settings_changed(kClientApp);
  }
  store::Ledger ledger() {
    const auto counted = engine.ledger(kClientApp).value();
    EXPECT_TRUE(counted.balanced());
    return counted;
  }
  std::vector<std::int64_t> listed(std::string_view query) {
    std::vector<std::int64_t> seqs;
    const auto page = object(get(path("/events" + std::string(query))));
    for (const auto& event : page.at("events").get_array()) {
      seqs.push_back(event.at("seq").get_int64());
    }
    return seqs;
  }
  json::object ended(std::int64_t id) {
    const auto job = path("/event-jobs/" + std::to_string(id));
    EXPECT_TRUE(eventually([&] { return object(get(job)).at("status") != "running"; }));
    return object(get(job));
  }
  using Seqs = std::vector<std::int64_t>;
};

TEST_F(AdminEvents, EventsAreListedByTopicStateAndTimeAndSayWhyTheyAreHeld) {
  make_events();
  EXPECT_EQ(listed("?topic_id=%40TGS%23_makers%40TOPIC%23_iron"), (Seqs{3}));
  EXPECT_EQ(listed("?state=parked,dead"), (Seqs{}));
  EXPECT_EQ(listed("?state=pending&after=2"), (Seqs{3, 4}));
  const auto now = std::to_string(clock.now_ms());
  EXPECT_EQ(listed("?until_ms=" + now), (Seqs{}));
  EXPECT_EQ(listed("?from_ms=" + now), (Seqs{1, 2, 3, 4}));
  const auto held = [&] { return object(get(path("/events/1"))).at("held"); };
  EXPECT_EQ(held(), "no_url");
  EXPECT_EQ(patch(path("/callback"), R"({"endpoint_enabled":false})").status, 200U);
  set_url("http://hooks.riverside.test/im");
  EXPECT_EQ(held(), "endpoint_disabled");
  EXPECT_EQ(post(path("/disable")).status, 200U);
  EXPECT_EQ(held(), "app_disabled");
  const auto seq = engine.pending(kClientApp, 0, 1).value().at(0).seq;
  community::View nothing(clock.now_ms(), random);
  store::Outcome parked{seq, kClientApp, store::EventState::pending, 3, store::kParked, {}};
  ASSERT_TRUE(engine.commit(nothing, {{parked}}));
  EXPECT_EQ(held(), "parked");
  EXPECT_EQ(object(get(path("/events/1"))).at("next_attempt_ms"), 0);
  EXPECT_EQ(listed("?state=parked"), (Seqs{1}));
}

TEST_F(AdminEvents, APendingEventSaysBehindWhichOneAndUntilWhenItWaits) {
  make_events();
  const auto seq = engine.pending(kClientApp, 0, 1).value().at(0).seq;
  const std::int64_t later = clock.now_ms() + 3000;
  community::View nothing(clock.now_ms(), random);
  store::Outcome retry{seq, kClientApp, store::EventState::pending, 1, later, {}};
  ASSERT_TRUE(engine.commit(nothing, {{retry}}));
  EXPECT_EQ(object(get(path("/events/1"))).at("held"), "no_url");
  set_url("http://hooks.riverside.test/im");
  dispatcher.start();
  ASSERT_TRUE(eventually([&] { return dispatcher.stats().queued == 4; }));
  const auto page = object(get(path("/events"))).at("events").get_array();
  EXPECT_EQ(page.at(0).at("held"), "retry");
  EXPECT_EQ(page.at(0).at("held_until_ms"), later);
  EXPECT_TRUE(page.at(0).at("behind_seq").is_null());
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(page.at(i).at("held"), "behind");
    EXPECT_EQ(page.at(i).at("behind_seq"), 1);
    EXPECT_TRUE(page.at(i).at("held_until_ms").is_null());
  }
  EXPECT_EQ(object(get(path("/events/4"))).at("behind_seq"), 1);
}

TEST_F(AdminEvents, CancelAndReplayByFilterGoByPreviewAndJob) {
  make_events();
  deliver_nothing_yet();
  const auto preview = object(post(path("/event-jobs/preview"), R"({"kind":"cancel"})"));
  EXPECT_EQ(preview.at("count"), 4);
  EXPECT_EQ(preview.at("groups"), 1);
  EXPECT_EQ(preview.at("last_seq"), 4);
  EXPECT_EQ(ledger().pending, 4) << "a preview changes nothing";

  const auto made = post(path("/event-jobs"), R"({"kind":"cancel","after":1})");
  ASSERT_EQ(made.status, 201U) << made.body;
  EXPECT_EQ(header(made, "Location"), path("/event-jobs/1"));
  const auto cancelled = ended(1);
  EXPECT_EQ(cancelled.at("status"), "done");
  EXPECT_EQ(cancelled.at("done"), 3);
  EXPECT_EQ(cancelled.at("end_as"), "cancelled");
  EXPECT_EQ(listed("?state=cancelled"), (Seqs{2, 3, 4}));

  set_url("http://hooks.riverside.test/im");
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 1; }));
  EXPECT_TRUE(object(get(path("/events/1"))).at("held").is_null()) << "it has ended";
  const auto replay = object(post(path("/event-jobs"),
                                  R"({"kind":"replay","topic_id":"@TGS#_makers@TOPIC#_iron"})"));
  EXPECT_EQ(replay.at("rate"), 100);
  EXPECT_EQ(replay.at("state"), "dead,cancelled,parked");
  EXPECT_EQ(ended(2).at("done"), 1);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 2; }));
  EXPECT_EQ(ledger().cancelled, 2);
  const auto all = object(get(path("/event-jobs"))).at("jobs").get_array();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("id"), 2);
  EXPECT_EQ(refusal(post(path("/event-jobs/2/cancel"))), "conflict job");
  EXPECT_EQ(refusal(post(path("/event-jobs/9/cancel"))), "not_found job");
  EXPECT_EQ(refusal(get(path("/event-jobs/9"))), "not_found job");
}

TEST_F(AdminEvents, OneEventIsCancelledReplayedAndSentElsewhere) {
  make_events();
  deliver_nothing_yet();
  EXPECT_EQ(object(post(path("/events/2/cancel"), R"({"end_as":"dead"})")).at("moved"), true);
  EXPECT_EQ(object(post(path("/events/2/cancel"))).at("moved"), false) << "it has ended";
  EXPECT_EQ(listed("?state=dead"), (Seqs{2}));
  const auto elsewhere =
      object(post(path("/events/2/replay"), R"({"url":"http://staging.riverside.test/"})"));
  EXPECT_EQ(elsewhere.at("attempt").at("outcome"), "ok");
  EXPECT_EQ(listed("?state=dead"), (Seqs{2})) << "its own state stays";
  ASSERT_EQ(transport.sent().size(), 1U);
  EXPECT_TRUE(transport.sent()[0].starts_with("staging.riverside.test "));
  EXPECT_EQ(object(get(path("/events/2"))).at("attempt_list").get_array().size(), 1U);
  const auto replayed = object(post(path("/events/2/replay")));
  EXPECT_EQ(replayed.at("moved"), true);
  EXPECT_TRUE(replayed.at("attempt").is_null());
  EXPECT_EQ(object(post(path("/events/2/replay"))).at("moved"), false) << "it is on its way";
  EXPECT_EQ(ledger().pending, 4);
  EXPECT_EQ(refusal(post(path("/events/9/replay"))), "not_found seq");
  EXPECT_EQ(refusal(post(path("/events/x/cancel"))), "invalid_argument seq");
}

TEST_F(AdminEvents, AnAlternateUrlGetsAJobsEventsAndKeepsStates) {
  make_events();
  deliver_nothing_yet();
  const auto made = post(path("/event-jobs"),
                         R"({"kind":"replay","state":"all","url":"http://staging.test/","rate":0})");
  ASSERT_EQ(made.status, 201U) << made.body;
  EXPECT_EQ(ended(1).at("done"), 4);
  EXPECT_EQ(transport.sent().size(), 4U);
  EXPECT_EQ(ledger().pending, 4);
}

TEST_F(AdminEvents, WrongJobsNameTheMember) {
  const struct {
    std::string_view body, refusal;
  } rows[] = {
      {"{}", "invalid_argument kind"},
      {R"({"kind":"purge"})", "invalid_argument kind"},
      {R"({"kind":"replay","state":"lost"})", "invalid_argument state"},
      {R"({"kind":"cancel","state":"dead"})", "invalid_argument state"},
      {R"({"kind":"cancel","url":"http://a.test/"})", "invalid_argument url"},
      {R"({"kind":"replay","url":"ftp://a.test/"})", "invalid_argument url"},
      {R"({"kind":"replay","url":"http://localhost/"})", "invalid_argument url"},
      {R"({"kind":"replay","rate":-1})", "invalid_argument rate"},
      {R"({"kind":"replay","rate":1000000})", "invalid_argument rate"},
      {R"({"kind":"cancel","end_as":"delivered"})", "invalid_argument end_as"},
      {R"({"kind":"cancel","group":"g"})", "invalid_argument group"},
      {R"({"kind":"cancel","from_ms":"today"})", "invalid_argument from_ms"},
  };
  for (const auto& row : rows) {
    for (const std::string_view where : {"/event-jobs", "/event-jobs/preview"}) {
      const auto response = post(path(where), row.body);
      EXPECT_EQ(response.status, 400U) << row.body;
      EXPECT_EQ(refusal(response), row.refusal) << row.body;
    }
  }
  EXPECT_TRUE(engine.jobs({}).value().empty());
}

TEST_F(AdminEvents, ParkIsSetBesideRetry) {
  EXPECT_EQ(object(get(path("/callback"))).at("dead_head"), "continue");
  EXPECT_EQ(object(patch(path("/callback"), R"({"dead_head":"park"})")).at("dead_head"), "park");
  EXPECT_EQ(apps.find(kClientApp)->callback.dead_head, community::DeadHead::park);
  EXPECT_EQ(refusal(patch(path("/callback"), R"({"dead_head":"drop"})")),
            "invalid_argument callback.dead_head");
}

}  // namespace
}  // namespace tidings::backend
