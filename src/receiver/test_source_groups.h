/// For the reconciler's tests: a source that is a set of groups and topics.
///
/// Threads: any. What is to happen at a question (FakeState::at) runs on the reconciler's lane.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "net/callback_transport.h"
#include "runtime/one_shot.h"
#include "tidings/json.h"

namespace tidings::receiver::testing {

inline constexpr std::int64_t kCreatedS = 1'700'000'000;

struct FakeTopic {
  std::string name;
  std::string created = std::to_string(kCreatedS);  ///< as it stands in the answer
  std::string introduction = {};
  int code = 0;
};
struct FakeGroup {
  std::string name;
  std::vector<std::pair<std::string, FakeTopic>> topics = {};  ///< by TopicId
  std::string owner = "vera";
  std::string type = "Community";
  std::string created = std::to_string(kCreatedS);
  std::string introduction = {};
  int code = 0;         ///< of its item in get_group_info
  int topics_code = 0;  ///< of the whole answer of get_topic
  bool listed = true;
  bool said = true;  ///< get_group_info answers for it
};
using FakeGroups = std::map<std::string, FakeGroup>;

struct Asked {
  std::string command;  ///< "get_topic", ...
  std::string body;
  runtime::Deadline::TimePoint at;
};

/// `tidings serve`, or the cloud service, as far as a reader of groups and topics can tell.
class FakeState final : public net::CallbackTransport {
 public:
  /// Runs before the `nth` question of that command is answered, counted from 1.
  using Hook = std::function<runtime::awaitable<void>(const std::string& command, int nth)>;

  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    const std::string path = request.target.substr(0, request.target.find('?'));
    const std::string command = path.substr(path.rfind('/') + 1);
    const int nth = note(command, std::string(request.body));
    if (hook_) {
      auto happens = hook_(command, nth);
      co_await std::move(happens);
    }
    net::HttpExchange exchange;
    if (hangs(command)) {
      runtime::OneShot<int> never;
      const auto sender = never.sender();
      (void)co_await never.wait();
      exchange.failure = net::ExchangeFailure::cancelled;
      co_return exchange;
    }
    const std::lock_guard lock(mutex_);
    if (down_) {
      exchange.failure = net::ExchangeFailure::refused;
      exchange.detail = "connection refused";
      co_return exchange;
    }
    exchange.status = 200;
    const auto fixed = answers_.find(command);
    exchange.body = fixed != answers_.end() ? fixed->second : answer(command, request.body);
    co_return exchange;
  }

  /// Before the reconciler starts.
  void at(Hook hook) { hook_ = std::move(hook); }
  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply(groups_);
  }
  void set_down(bool down) { change([&](FakeGroups&) { down_ = down; }); }
  void hang(const std::string& command) { change([&](FakeGroups&) { hanging_ = command; }); }
  /// Whatever is asked; empty: the truth again.
  void answer_with(const std::string& command, const std::string& text) {
    change([&](FakeGroups&) {
      answers_.erase(command);
      if (!text.empty()) answers_[command] = text;
    });
  }
  void set_page(std::size_t groups) { change([&](FakeGroups&) { page_ = groups; }); }
  /// The list's cursor never ends: it names the first page, or ever new ones.
  void list_for_ever(bool same_cursor) {
    change([&](FakeGroups&) { (same_cursor ? turns_ : grows_) = true; });
  }
  std::vector<Asked> asked(const std::string& command = {}) {
    const std::lock_guard lock(mutex_);
    std::vector<Asked> found;
    for (const Asked& each : asked_) {
      if (command.empty() || each.command == command) found.push_back(each);
    }
    return found;
  }
  std::size_t passes() {
    std::size_t begun = 0;
    for (const Asked& each : asked("get_appid_group_list")) {
      begun += each.body.ends_with(R"("Next":0})") ? 1 : 0;
    }
    return begun;
  }

 private:
  int note(const std::string& command, std::string body) {
    const std::lock_guard lock(mutex_);
    asked_.push_back({command, std::move(body), runtime::Deadline::SteadyClock::now()});
    return ++counts_[command];
  }
  bool hangs(const std::string& command) {
    const std::lock_guard lock(mutex_);
    return hanging_ == command;
  }
  static std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  }
  static std::string failure(int code) {
    return R"({"ActionStatus":"FAIL","ErrorInfo":"so it is","ErrorCode":)" + std::to_string(code) + "}";
  }
  static std::string ok(const std::string& members) {
    return R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,)" + members + "}";
  }

  std::string answer(const std::string& command, std::string_view body) const {
    const auto value = parse_json_strict(body).value();
    const auto& question = value.as_object();
    if (command == "get_appid_group_list") return list(question.at("Next").as_int64());
    if (command == "get_group_info") return groups(question.at("GroupIdList").as_array());
    if (command == "get_topic") return topics(std::string(question.at("GroupId").as_string()));
    return failure(60002);
  }
  std::string list(std::int64_t next) const {
    std::string ids;
    std::int64_t place = 0;
    std::size_t taken = 0;
    bool more = false;
    for (const auto& [id, group] : groups_) {
      if (!group.listed) continue;
      if (place++ < next && !turns_ && !grows_) continue;
      more = taken == page_;
      if (more) break;
      if (taken++ != 0) ids += ',';
      ids += R"({"GroupId":)" + quoted(id) + "}";
    }
    std::int64_t after = more ? next + static_cast<std::int64_t>(taken) : 0;
    if (turns_) after = 7;
    if (grows_) after = next + 1;
    return ok(R"("TotalCount":)" + std::to_string(groups_.size()) + R"(,"GroupIdList":[)" + ids +
              R"(],"Next":)" + std::to_string(after));
  }
  std::string groups(const boost::json::array& ids) const {
    std::string items;
    for (const auto& each : ids) {
      const std::string id(each.as_string());
      const auto found = groups_.find(id);
      const bool known = found != groups_.end();
      if (known && !found->second.said) continue;
      if (!items.empty()) items += ',';
      items += R"({"GroupId":)" + quoted(id);
      const int code = known ? found->second.code : 10010;
      items += R"(,"ErrorCode":)" + std::to_string(code);
      if (code == 0) {
        const FakeGroup& group = found->second;
        items += R"(,"Type":)" + quoted(group.type) + R"(,"Name":)" + quoted(group.name) +
                 R"(,"Introduction":)" + quoted(group.introduction) +
                 R"(,"Notification":"","FaceUrl":"","Owner_Account":)" + quoted(group.owner) +
                 R"(,"CreateTime":)" + group.created + R"(,"SupportTopic":)" +
                 (group.type == "Community" ? "1" : "0");
      }
      items += "}";
    }
    return ok(R"("GroupInfo":[)" + items + "]");
  }
  std::string topics(const std::string& id) const {
    const auto found = groups_.find(id);
    if (found == groups_.end()) return failure(10010);
    if (found->second.topics_code != 0) return failure(found->second.topics_code);
    std::string items;
    for (const auto& [topic, is] : found->second.topics) {
      if (!items.empty()) items += ',';
      items += R"({"ErrorCode":)" + std::to_string(is.code) + R"(,"TopicInfo":{"TopicId":)" +
               quoted(topic) + R"(,"TopicName":)" + quoted(is.name) + R"(,"Introduction":)" +
               quoted(is.introduction) + R"(,"CreateTime":)" + is.created + "}}";
    }
    return ok(R"("TopicAndSelfInfo":[)" + items + "]");
  }

  Hook hook_;
  std::mutex mutex_;  // protects what stands below
  FakeGroups groups_;
  std::map<std::string, std::string> answers_;
  std::map<std::string, int> counts_;
  std::string hanging_;
  bool down_ = false, turns_ = false, grows_ = false;
  std::size_t page_ = 1000;
  std::vector<Asked> asked_;
};

}  // namespace tidings::receiver::testing
