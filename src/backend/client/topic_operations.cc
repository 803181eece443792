// Client operations on topics.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "backend/client/names.h"
#include "backend/client/operation.h"
#include "backend/topic_order.h"
#include "community/limits.h"

namespace tidings::backend::operation {
namespace {

namespace json = boost::json;

constexpr int kTopicDeleted = 110003;

std::vector<std::string> topic_ids(Arguments& read) {
  auto all = read.texts("topicIDList", SIZE_MAX);
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (auto& id : all) {
    if (seen.insert(id).second) out.push_back(std::move(id));
  }
  if (out.size() > community::kDestroyTopics) read.complain("topicIDList", "at most 200 topics");
  return out;
}

json::object failed_topic(std::string_view id, int code, std::string_view message) {
  json::object out;
  out["topicID"] = id;
  out["code"] = code;
  out["message"] = message;
  return out;
}

json::object own_topic(const OperationContext& context, const community::View& view,
                       const community::Topic& topic) {
  TopicSelf self;
  const auto* mute = view.mute({topic.key.group, topic.key.topic, context.caller.user});
  if (mute != nullptr && mute->until_s > view.now_s()) {
    self.mute_until_s = std::min<std::int64_t>(mute->until_s, community::kMuteForever);
  }
  return topic_object(topic, self);
}

}  // namespace

awaitable<OperationAnswer> create_topic(OperationContext context, json::object args) {
  Arguments read(args);
  community::CreateTopic command;
  command.caller = context.caller;
  command.group_id = read.required("groupID");
  command.topic_name = read.required("topicName");
  command.topic_id = read.text("topicID");
  if (command.topic_id && command.topic_id->empty()) command.topic_id.reset();
  command.face_url = read.text("avatar");
  command.notification = read.text("notification");
  command.introduction = read.text("introduction");
  command.custom_string = read.text("customData");
  CO_TRY_VOID(read.check());
  CO_TRY(const auto reply, co_await context.service->execute(std::move(command)));
  json::object data;
  data["topicID"] = std::get<community::TopicCreatedReply>(reply).topic.view();
  co_return json::value(std::move(data));
}

awaitable<OperationAnswer> update_topic(OperationContext context, json::object args) {
  Arguments read(args);
  community::ModifyTopic command;
  command.caller = context.caller;
  command.group_id = read.required("groupID");
  command.topic_id = read.required("topicID");
  command.topic_name = read.text("topicName");
  command.face_url = read.text("avatar");
  command.notification = read.text("notification");
  command.introduction = read.text("introduction");
  command.custom_string = read.text("customData");
  command.mute_all_member = read.on_off("muteAllMembers");
  CO_TRY_VOID(read.check());
  CO_TRY(const auto reply, co_await context.service->execute(std::move(command)));
  json::object data;
  data["topic"] = topic_object(std::get<community::TopicChangedReply>(reply).topic, TopicSelf{});
  co_return json::value(std::move(data));
}

awaitable<OperationAnswer> delete_topics(OperationContext context, json::object args) {
  Arguments read(args);
  community::DestroyTopics command;
  command.caller = context.caller;
  command.group_id = read.required("groupID");
  command.topic_ids = topic_ids(read);
  command.all = command.topic_ids.empty();
  CO_TRY_VOID(read.check());
  CO_TRY(const auto reply, co_await context.service->execute(std::move(command)));
  json::object data;
  auto& gone = data["successTopicList"].emplace_array();
  json::array failed;
  for (const auto& item : std::get<community::ItemsReply>(reply).items) {
    if (item.code != 0) {
      failed.push_back(failed_topic(item.id, item.code, item.info));
      continue;
    }
    json::object topic;
    topic["topicID"] = item.id;
    gone.push_back(std::move(topic));
  }
  data["failureTopicList"] = std::move(failed);
  co_return json::value(std::move(data));
}

awaitable<OperationAnswer> get_topics(OperationContext context, json::object args) {
  Arguments read(args);
  const std::string group = read.required("groupID");
  const auto ids = topic_ids(read);
  CO_TRY_VOID(read.check());
  CO_TRY_VOID(topics_on(*context.app));
  CO_TRY_VOID(check_group_id(group));
  const auto key = context.group_key(group);
  community::Needs needs;
  needs.groups.push_back(key);
  needs.members.push_back({key, context.caller.user});
  if (ids.empty()) needs.all_topics.push_back(key);
  for (const auto& id : ids) {
    needs.topics.push_back({key, TopicId(id)});
    needs.mutes.push_back({key, TopicId(id), context.caller.user});
  }
  CO_TRY(const Snapshot view, co_await read_rows(context, std::move(needs)));
  CO_TRY(const auto who, as_member(context, *view, group));
  if (!who.group->support_topic) {
    co_return fail(Errc::forbidden, "groupID: " + group + " was created without topics", 11000);
  }
  json::object data;
  auto& found = data["successTopicList"].emplace_array();
  json::array missing;
  if (ids.empty()) {
    for (const auto* topic : topics_by_creation(*view, key)) {
      found.push_back(own_topic(context, *view, *topic));
    }
  }
  for (const auto& id : ids) {
    const auto* topic = view->topic({key, TopicId(id)});
    if (topic != nullptr) {
      found.push_back(own_topic(context, *view, *topic));
    } else {
      missing.push_back(failed_topic(id, kTopicDeleted, "topic deleted"));
    }
  }
  data["failureTopicList"] = std::move(missing);
  co_return json::value(std::move(data));
}

}  // namespace tidings::backend::operation
