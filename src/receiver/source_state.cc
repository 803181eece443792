#include "receiver/source_state.h"

#include <boost/json/array.hpp>

#include "tidings/json.h"

namespace tidings::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view kNoList = "the answer is no list of the source's";

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

std::optional<std::string> text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::int64_t number_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

Result<std::string> id_in(const json::object& object, std::string_view name) {
  auto id = text_in(object, name);
  if (!id || id->empty()) return no_list(std::string(name) + " is missing or empty");
  return std::move(*id);
}

void read_profile(const json::object& object, std::string_view name, SourceProfile& profile) {
  profile.name = text_in(object, name);
  profile.introduction = text_in(object, "Introduction");
  profile.notification = text_in(object, "Notification");
  profile.face_url = text_in(object, "FaceUrl");
  profile.created_s = number_in(object, "CreateTime");
}

}  // namespace

Result<SourceGroupIds> parse_group_ids(std::string_view answer) {
  TRY(const json::object object, parse_source_answer(answer, kNoList));
  TRY(const json::array list, list_in(object, "GroupIdList"));
  SourceGroupIds page;
  page.next = number_in(object, "Next");
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
    group.code = number_in(*each, "ErrorCode");
    group.type = text_in(*each, "Type").value_or("");
    if (auto owner = text_in(*each, "Owner_Account")) group.owner = UserId(std::move(*owner));
    // A source that does not say so is asked for its communities' topics, and says it then.
    group.has_topics = each->contains("SupportTopic") ? number_in(*each, "SupportTopic") != 0
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
    if (number_in(*each, "ErrorCode") != 0) continue;  // one that went meanwhile
    const json::value* info = each->if_contains("TopicInfo");
    if (info == nullptr || !info->is_object()) return no_list("TopicInfo is missing");
    SourceTopic& topic = topics.emplace_back();
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

runtime::awaitable<Result<std::vector<SourceTopic>>> SourceState::topics(GroupId group) {
  std::string body = R"({"GroupId":)";
  append_json_string(body, group.view());
  body += R"(,"From_Account":)";
  append_json_string(body, client_->identifier());
  body += R"(,"ResponseFilter":["TopicName","Introduction","Notification","FaceUrl","CreateTime"]})";
  CO_TRY(const std::string answer,
         co_await client_->post("/v4/million_group_open_http_svc/get_topic", std::move(body)));
  co_return parse_topics(answer);
}

}  // namespace tidings::receiver
