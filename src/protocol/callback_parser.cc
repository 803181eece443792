// The receiving side of tidings/callback.h: strict about JSON, tolerant about content.
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include "base/result.h"
#include "protocol/callback_members.h"
#include "protocol/decimal.h"
#include "tidings/identifier.h"
#include "tidings/json.h"

namespace tidings {
namespace {

namespace json = boost::json;

constexpr std::string_view kCommandMember = "CallbackCommand";
constexpr std::string_view kCustomFields = "UserDefinedDataList";
constexpr std::size_t kScratchBytes = 4096;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

/// A string, or the decimal text of an integer.
std::optional<std::string> account_text(const json::value& value) {
  if (value.is_string()) return std::string(view(value.get_string()));
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  return std::nullopt;
}

std::optional<std::int64_t> integer(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_string()) return parse_decimal<std::int64_t>(view(value.get_string()));
  return std::nullopt;
}

/// Fills a body member by member, remembers which members it used, and stops at the first error.
class MemberReader {
 public:
  explicit MemberReader(const json::object& object) : object_(object), used_(object.size()) {}

  void group_id(GroupId& id, Need need, AdditiveMembers) {
    const json::value* found = nullptr;
    for (const std::string_view name : {"GroupId", "groupID", "GroupID"}) {
      const json::value* value = find(name);
      if (value == nullptr) continue;
      if (found != nullptr && *found != *value) {
        refuse("GroupId is given in two spellings with different values");
      }
      found = value;
    }
    take_id("GroupId", found, id, need);
  }
  void topic_id(TopicId& id, Need need, AdditiveMembers) {
    take_id("TopicId", find("TopicId"), id, need);
  }
  void topic_id(std::optional<TopicId>& id, Need need, AdditiveMembers) {
    const json::value* value = find("TopicId");
    if (value != nullptr) take_id("TopicId", value, id.emplace(), need);
  }
  void topic_ids(std::vector<TopicId>& ids) {
    const json::value* value = find("TopicIdList");
    if (value == nullptr) return refuse("TopicIdList is missing");
    if (value->is_string()) {
      ids.emplace_back(view(value->get_string()));
      return;
    }
    if (!value->is_array()) return wrong("TopicIdList", "an array of strings or one string");
    for (const json::value& item : value->get_array()) {
      if (!item.is_string()) return wrong("TopicIdList", "an array of strings or one string");
      ids.emplace_back(view(item.get_string()));
    }
  }
  void account(std::string_view name, UserId& id, AdditiveMembers) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    const std::optional<std::string> text = account_text(*value);
    if (!text) return wrong(name, "a string");
    id = UserId{*text};
  }
  void accounts(std::string_view name, std::vector<UserId>& ids) {
    const json::value* value = find(name);
    if (value != nullptr) take_accounts(name, *value, ids);
  }
  void accounts(std::string_view name, std::optional<std::vector<UserId>>& ids) {
    const json::value* value = find(name);
    if (value != nullptr) take_accounts(name, *value, ids.emplace());
  }
  void text(std::string_view name, std::string& text) {
    text.clear();
    const json::value* value = find(name);
    if (value != nullptr) take_text(name, *value, text);
  }
  void text(std::string_view name, std::optional<std::string>& text) {
    const json::value* value = find(name);
    if (value != nullptr) take_text(name, *value, text.emplace());
  }
  void number(std::string_view name, std::int64_t& number) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    const auto got = integer(*value);
    if (!got) return wrong(name, "an integer");
    number = *got;
  }
  void pairs(std::string_view name, KeyValues& values, std::string_view key_name,
             std::string_view value_name) {
    const json::value* value = find(name);
    if (value != nullptr) take_pairs(name, *value, values, key_name, value_name);
  }
  void pairs(std::string_view name, std::optional<KeyValues>& values, std::string_view key_name,
             std::string_view value_name) {
    const json::value* value = find(name);
    if (value != nullptr) take_pairs(name, *value, values.emplace(), key_name, value_name);
  }
  void event_time(std::optional<std::int64_t>& time_ms, AdditiveMembers) {
    const json::value* value = find("EventTime");
    if (value == nullptr) return;
    time_ms = integer(*value);
    if (!time_ms) wrong("EventTime", "an integer or a decimal string");
  }

  const json::value* find(std::string_view name) {
    const auto member = object_.find({name.data(), name.size()});
    if (member == object_.end()) return nullptr;
    used_[static_cast<std::size_t>(member - object_.begin())] = true;
    return &member->value();
  }
  [[nodiscard]] const std::vector<bool>& used() const { return used_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void refuse(std::string what) {
    if (!error_) error_ = fail(Errc::invalid_argument, "callback body: " + std::move(what));
  }
  void wrong(std::string_view name, std::string_view expected) {
    refuse(std::string(name) + " is not " + std::string(expected));
  }
  void take_text(std::string_view name, const json::value& value, std::string& text) {
    if (!value.is_string()) return wrong(name, "a string");
    text = view(value.get_string());
  }
  template <class Id>
  void take_id(std::string_view name, const json::value* value, Id& id, Need need) {
    if (value != nullptr && !value->is_string()) return wrong(name, "a string");
    if (value != nullptr) id = Id{view(value->get_string())};
    if (id.empty() && need == Need::required) refuse(std::string(name) + " is missing or empty");
  }
  void take_accounts(std::string_view name, const json::value& value, std::vector<UserId>& ids) {
    if (!value.is_array()) return wrong(name, "an array");
    for (const json::value& item : value.get_array()) {
      const json::value* account = &item;
      if (item.is_object()) account = item.get_object().if_contains("Member_Account");
      const std::optional<std::string> text =
          account == nullptr ? std::nullopt : account_text(*account);
      if (!text) return wrong(name, "an array of objects with Member_Account");
      ids.emplace_back(*text);
    }
  }
  void take_pairs(std::string_view name, const json::value& value, KeyValues& values,
                  std::string_view key_name, std::string_view value_name) {
    if (!value.is_array()) return wrong(name, "an array");
    for (const json::value& item : value.get_array()) {
      const json::object* pair = item.if_object();
      const json::value* key =
          pair == nullptr ? nullptr : pair->if_contains({key_name.data(), key_name.size()});
      const json::value* text =
          pair == nullptr ? nullptr : pair->if_contains({value_name.data(), value_name.size()});
      if (key == nullptr || text == nullptr || !key->is_string() || !text->is_string()) {
        return wrong(name, "an array of objects whose key and value are strings");
      }
      values.push_back(
          {std::string(view(key->get_string())), std::string(view(text->get_string()))});
    }
  }

  const json::object& object_;
  std::vector<bool> used_;
  std::optional<Error> error_;
};

/// Reads the body of the command's struct; leaves monostate for any other command.
template <std::size_t Index = 1>
void read_value(MemberReader& reader, std::string_view command, CallbackValue& value) {
  if constexpr (Index < std::variant_size_v<CallbackValue>) {
    using Body = std::variant_alternative_t<Index, CallbackValue>;
    if (command != Body::kCommand) return read_value<Index + 1>(reader, command, value);
    visit_members(reader, value.emplace<Index>());
  }
}

bool foreign(const GroupId& group, const TopicId& topic) {
  return !group.empty() && !topic.empty() && parent_group(topic.view()) != group;
}

struct MismatchCheck {
  bool operator()(const BeforeCreateTopic& body) const {
    return body.topic_id && foreign(body.group_id, *body.topic_id);
  }
  bool operator()(const AfterCreateTopic& body) const {
    return foreign(body.group_id, body.topic_id);
  }
  bool operator()(const AfterTopicInfoChanged& body) const {
    return foreign(body.group_id, body.topic_id);
  }
  bool operator()(const AfterTopicDestroyed& body) const {
    for (const TopicId& topic : body.topic_id_list) {
      if (foreign(body.group_id, topic)) return true;
    }
    return false;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

Result<std::string> read_command(MemberReader& reader, std::string_view query_command) {
  const json::value* value = reader.find(kCommandMember);
  if (value == nullptr && !query_command.empty()) return std::string(query_command);
  if (value == nullptr)
    return fail(Errc::invalid_argument, "callback body: CallbackCommand is missing");
  if (!value->is_string() || value->get_string().empty()) {
    return fail(Errc::invalid_argument, "callback body: CallbackCommand is not a text");
  }
  return std::string(view(value->get_string()));
}

/// Raw texts of what the struct cannot hold. An object keeps its members' order, so the walk over
/// the text and the marks run side by side.
void keep_raw(std::string_view body, const std::vector<bool>& used, ParsedCallback& parsed) {
  RawMembers members(body);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::optional<RawMember> member = members.next();
    if (!member) return;
    if (!used[i]) parsed.unknown.push_back({member->name, std::string(member->json)});
    if (member->name == kCustomFields) parsed.user_defined_data_raw = member->json;
  }
}

}  // namespace

Result<ParsedCallback> parse_callback(std::string_view body, std::string_view query_command) {
  std::array<unsigned char, kScratchBytes> scratch;
  json::monotonic_resource memory(scratch.data(), scratch.size());
  TRY(const json::value document, parse_json_strict(body, kMaxJsonDepth, &memory));
  const json::object* object = document.if_object();
  if (object == nullptr) {
    return fail(Errc::invalid_argument, "callback body: it is JSON, but not an object");
  }
  MemberReader reader(*object);
  ParsedCallback parsed;
  TRY(parsed.command, read_command(reader, query_command));
  read_value(reader, parsed.command, parsed.value);
  if (reader.error()) return *reader.error();
  parsed.group_mismatch = std::visit(MismatchCheck{}, parsed.value);
  const bool all_used = std::ranges::find(reader.used(), false) == reader.used().end();
  if (!all_used || object->contains(kCustomFields)) keep_raw(body, reader.used(), parsed);
  return parsed;
}

}  // namespace tidings
