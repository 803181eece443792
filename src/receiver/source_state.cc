#include "receiver/source_state.h"

#include <boost/json/array.hpp>

#include "tidings/json.h"

namespace tidings::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view kNoList = "the answer is no list of the source's";
/// Error codes of the protocol (appendix A.3).
constexpr std::int64_t kGone = 10010, kTopicGone = 110003;

Error no_list(std::string_view why) {
  return fail(Errc::corrupt, std::string(kNoList) + ": " + std::string(why));
}

Result<json::array> list_in(const json::object& answer, std::string_view name) {
  const json::value* value = answer.if_contains(name);
  if (value == nullptr || !value->is_array()) return no_list(std::string(name) + " is missing");
  return value->get_array();
}

Result<const json::object*> object_in(const json::value& value, std::string_view list) {
  const json::object* object = value.if_object();
  if (object == nullptr) return no_list(std::string(list) + " holds what is no object");
  return object;
}

std::optional<std::string> maybe_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::int64_t number_or_0(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

/// Of one item. None: it succeeded.
Result<std::int64_t> code_in(const json::object& object) {
  const json::value* value = object.if_contains("ErrorCode");
  if (value == nullptr) return 0;
  if (!value->is_int64()) return no_list("the ErrorCode of an item is no number");
  return value->get_int64();
}

Result<std::int64_t> cursor_in(const json::object& answer) {
  const json::value* value = answer.if_contains("Next");
  if (value == nullptr) return 0;
  if (!value->is_int64() || value->get_int64() < 0) return no_list("Next is no cursor");
  return value->get_int64();
}

Result<std::string> id_in(const json::object& object, std::string_view name) {
  auto id = maybe_text(object, name);
  if (!id || id->empty()) return no_list(std::string(name) + " is missing or empty");
  return std::move(*id);
}

void read_profile(const json::object& object, std::string_view name, SourceProfile& profile) {
  profile.name = maybe_text(object, name);
  profile.introduction = maybe_text(object, "Introduction");
  profile.notification = maybe_text(object, "Notification");
  profile.face_url = maybe_text(object, "FaceUrl");
  profile.created_s = number_or_0(object, "CreateTime");
}

}  // namespace

Result<SourceGroupIds> parse_group_ids(std::string_view answer) {
  TRY(const json::object object, parse_source_answer(answer, kNoList));
  TRY(const json::array list, list_in(object, "GroupIdList"));
  SourceGroupIds page;
  TRY(page.next, cursor_in(object));
  if (list.size() > static_cast<std::size_t>(kGroupIdsAtOnce)) {
    return no_list("GroupIdList holds " + std::to_string(list.size()) + " ids, and " +
                   std::to_string(kGroupIdsAtOnce) + " were asked for");
  }
  for (const json::value& element : list) {
    TRY(const json::object* each, object_in(element, "GroupIdList"));
    TRY(std::string id, id_in(*each, "GroupId"));
    page.groups.emplace_back(std::move(id));
  }
  // A cursor that goes on with nothing would go on for ever.
  if (page.groups.empty()) page.next = 0;
  return page;
}

Result<std::vector<SourceGroup>> parse_groups(std::string_view answer) {
  TRY(const json::object object, parse_source_answer(answer, kNoList));
  TRY(const json::array list, list_in(object, "GroupInfo"));
  std::vector<SourceGroup> groups;
  for (const json::value& element : list) {
    TRY(const json::object* each, object_in(element, "GroupInfo"));
    SourceGroup& group = groups.emplace_back();
    TRY(std::string id, id_in(*each, "GroupId"));
    group.group = GroupId(std::move(id));
    TRY(group.code, code_in(*each));
    group.type = maybe_text(*each, "Type").value_or("");
    if (auto owner = maybe_text(*each, "Owner_Account")) group.owner = UserId(std::move(*owner));
    // A source that does not say so is asked for its communities' topics, and says it then.
    group.has_topics = each->contains("SupportTopic") ? number_or_0(*each, "SupportTopic") != 0
                                                      : group.type == "Community";
    read_profile(*each, "Name", group);
  }
  return groups;
}

Result<std::vector<SourceTopic>> parse_topics(std::string_view answer) {
  TRY(const json::object object, parse_source_answer(answer, kNoList));
  TRY(const json::array list, list_in(object, "TopicAndSelfInfo"));
  std::vector<SourceTopic> topics;
  for (const json::value& element : list) {
    TRY(const json::object* each, object_in(element, "TopicAndSelfInfo"));
    TRY(const std::int64_t code, code_in(*each));
    if (code == kGone || code == kTopicGone) continue;  // it went meanwhile
    const json::value* info = each->if_contains("TopicInfo");
    if (info == nullptr || !info->is_object()) return no_list("TopicInfo is missing");
    SourceTopic& topic = topics.emplace_back();
    topic.code = code;
    TRY(std::string id, id_in(info->get_object(), "TopicId"));
    topic.topic = TopicId(std::move(id));
    read_profile(info->get_object(), "TopicName", topic);
  }
  return topics;
}

runtime::awaitable<Result<SourceGroupIds>> SourceState::group_ids(std::int64_t next) {
  CO_TRY(const std::string answer,
         co_await client_->post("/v4/group_open_http_svc/get_appid_group_list",
                                R"({"Limit":)" + std::to_string(kGroupIdsAtOnce) +
                                    R"(,"Next":)" + std::to_string(next) + "}"));
  co_return parse_group_ids(answer);
}

runtime::awaitable<Result<std::vector<SourceGroup>>> SourceState::groups(std::vector<GroupId> ids) {
  std::string body = R"({"GroupIdList":[)";
  for (const GroupId& id : ids) {
    if (body.back() != '[') body += ',';
    append_json_string(body, id.view());
  }
  body += R"(],"ResponseFilter":{"GroupBaseInfoFilter":["Type","Name","Introduction","Notification",)"
          R"("FaceUrl","Owner_Account","CreateTime","SupportTopic"]}})";
  CO_TRY(const std::string answer, co_await client_->post("/v4/group_open_http_svc/get_group_info",
                                                          std::move(body)));
  co_return parse_groups(answer);
}

runtime::awaitable<Result<std::vector<SourceTopic>>> SourceState::topics(
    GroupId group, runtime::BlockingPool* readers) {
  std::string body = R"({"GroupId":)";
  append_json_string(body, group.view());
  body += R"(,"From_Account":)";
  append_json_string(body, client_->identifier());
  body += R"(,"ResponseFilter":["TopicName","Introduction","Notification","FaceUrl","CreateTime"]})";
  CO_TRY(std::string answer,
         co_await client_->post("/v4/million_group_open_http_svc/get_topic", std::move(body)));
  if (readers == nullptr) co_return parse_topics(answer);
  auto parse = [answer = std::move(answer)] { return parse_topics(answer); };
  co_return co_await readers->run(std::move(parse));
}

}  // namespace tidings::receiver
