// get_topic, 4.7.2.
#include <utility>

#include "backend/rest/call.h"
#include "backend/rest/group_text.h"
#include "backend/rest/reply_text.h"
#include "backend/topic_order.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/limits.h"

namespace tidings::backend::rest {
namespace {

using community::View;

struct GetTopic {
  community::GroupKey group;
  UserId caller;
  UserId user;
  std::vector<TopicId> asked;  ///< empty: all
  NameFilter filter;

  Result<std::string> operator()(const ReadSources& sources) const;

 private:
  Result<std::vector<const community::Topic*>> find_topics(const ReadSources& sources,
                                                           View& view) const;
  void write_item(JsonText& text, const View& view, const community::Topic& topic) const;
};

Result<std::vector<const community::Topic*>> GetTopic::find_topics(const ReadSources& sources,
                                                                   View& view) const {
  community::Needs needs;
  needs.groups.push_back(group);
  const community::AccountKey account{group.app, user};
  needs.accounts.push_back(account);
  if (asked.empty()) needs.all_topics.push_back(group);
  for (const TopicId& topic : asked) needs.topics.push_back({group, topic});
  TRY_VOID(sources.community.read(needs, view));

  TRY(const community::Group* const found, community::existing_group(view, group));
  if (user != caller) {
    TRY_VOID(community::check_imported(view, "From_Account", account));
  }
  if (!found->support_topic) {
    return community::refuse(community::code::kFeatureOff,
                             "group '" + group.group.str() +
                                 "' does not support topics: that is chosen when a community is "
                                 "created (SupportTopic 1)");
  }
  std::vector<const community::Topic*> topics;
  if (asked.empty()) {
    topics = topics_by_creation(view, group);
  } else {
    for (const TopicId& topic : asked) topics.push_back(view.topic({group, topic}));
  }
  return topics;
}

void GetTopic::write_item(JsonText& text, const View& view, const community::Topic& topic) const {
  const community::Mute* mute = view.mute({group, topic.key.topic, user});
  text.open_object().member("ErrorCode", 0).member("ErrorInfo", "ok");
  // Without messages nobody has read any, and nobody chose another way to receive them.
  text.open_object("SelfInfo");
  text.member("ShutUpTime", mute == nullptr ? 0 : mute_end(mute->until_s, view.now_s()));
  text.member("MsgSeq", 0).member("MsgFlag", "AcceptAndNotify").close_object();

  text.open_object("TopicInfo");
  text.member("GroupID", group.group.view()).member("TopicId", topic.key.topic.view());
  const auto put = [&](std::string_view name, auto value) {
    if (filter.wants(name)) text.member(name, value);
  };
  put("TopicName", std::string_view(topic.name));
  put("FaceUrl", std::string_view(topic.face_url));
  put("NextMsgSeq", topic.next_msg_seq);
  put("Notification", std::string_view(topic.notification));
  put("Introduction", std::string_view(topic.introduction));
  put("CreateTime", topic.create_time_s);
  put("LastMsgTime", topic.last_msg_time_s);
  if (filter.wants("MuteAllMember", "ShutUpAllMember")) {
    text.member("MuteAllMember", topic.mute_all ? "On" : "Off");
  }
  put("CustomString", std::string_view(topic.custom_string));
  text.close_object().close_object();
}

Result<std::string> GetTopic::operator()(const ReadSources& sources) const {
  View view(sources.now_ms, sources.random);
  TRY(const auto topics, find_topics(sources, view));
  community::Needs mutes;
  for (const community::Topic* topic : topics) {
    if (topic != nullptr) mutes.mutes.push_back({group, topic->key.topic, user});
  }
  TRY_VOID(sources.community.read(mutes, view));

  JsonText text = begin_reply("ok");
  text.open_array("TopicAndSelfInfo");
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (topics[i] != nullptr) {
      write_item(text, view, *topics[i]);
      continue;
    }
    text.open_object().member("ErrorCode", community::code::kTopicGone);
    text.member("ErrorInfo", "topic deleted").open_object("TopicInfo");
    text.member("GroupID", group.group.view()).member("TopicId", asked[i].view());
    text.close_object().close_object();
  }
  text.close_array();
  return finish_reply(std::move(text));
}

}  // namespace

Result<Call> get_topic(const CallContext& context) {
  TRY_VOID(community::check_topics_on(*context.app));
  const Fields& fields = context.fields;
  GetTopic query{{context.app->id, {}}, context.caller.user, {}, {}, {}};
  TRY(auto group, fields.text(kGroupId));
  TRY(auto user, fields.maybe_acting_account("From_Account"));
  if (!user || user->empty()) {
    return fields.bad("From_Account", "is missing; it says whose SelfInfo to return");
  }
  TRY(auto asked, fields.maybe_texts("TopicIdList"));
  TRY(auto filter, fields.maybe_texts("ResponseFilter"));
  TRY_VOID(community::check_given("GroupId", group));
  if (asked && asked->size() > static_cast<std::size_t>(community::kTopicsPerGroup)) {
    return fields.bad("TopicIdList",
                      "names " + std::to_string(asked->size()) + " topics, at most " +
                          std::to_string(community::kTopicsPerGroup) +
                          " are allowed in one request: split it");
  }
  TRY_VOID(community::check_community_id(group));
  query.group.group = GroupId(std::move(group));
  query.user = std::move(*user);
  if (asked) {
    for (std::string& topic : *asked) query.asked.emplace_back(std::move(topic));
  }
  query.filter = NameFilter(std::move(filter));
  return Read(std::move(query));
}

}  // namespace tidings::backend::rest
