// The receiving side of tidings/callback.h: strict about JSON, tolerant about content.
#include <algorithm>

#include "base/result.h"
#include "protocol/callback_members.h"
#include "protocol/decimal.h"
#include "protocol/json_tape.h"
#include "tidings/identifier.h"

namespace tidings {
namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view kCommandMember = "CallbackCommand";
constexpr std::string_view kCustomFields = "UserDefinedDataList";

/// A string, or the decimal text of an integer.
std::optional<std::string> account_text(const JsonNode& value) {
  if (value.is_string()) return std::string(value.text());
  if (value.kind() == Kind::int64) return std::to_string(value.integer());
  if (value.kind() == Kind::uint64) return std::to_string(static_cast<std::uint64_t>(value.integer()));
  return std::nullopt;
}

std::optional<std::int64_t> integer(const JsonNode& value) {
  if (value.kind() == Kind::int64) return value.integer();
  if (value.is_string()) return parse_decimal<std::int64_t>(value.text());
  return std::nullopt;
}

/// Of two values that are no strings it is enough to know their kind: neither will be taken.
bool same(const JsonNode& a, const JsonNode& b) {
  return a.kind() == b.kind() && a.text() == b.text();
}

/// Fills a body member by member, remembers which members it used, and stops at the first error.
class MemberReader {
 public:
  explicit MemberReader(const JsonNode& object)
      : object_(object), next_(JsonChildren(object).begin()), used_(object.span()) {}

  void group_id(GroupId& id, Need need, AdditiveMembers) {
    const JsonNode* found = nullptr;
    for (const std::string_view name : {"GroupId", "groupID", "GroupID"}) {
      const JsonNode* value = find(name);
      if (value == nullptr) continue;
      if (found != nullptr && !same(*found, *value)) {
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
    const JsonNode* value = find("TopicId");
    if (value != nullptr) take_id("TopicId", value, id.emplace(), need);
  }
  void topic_ids(std::vector<TopicId>& ids) {
    const JsonNode* value = find("TopicIdList");
    if (value == nullptr) return refuse("TopicIdList is missing");
    if (value->is_string()) {
      ids.emplace_back(value->text());
      return;
    }
    if (!value->is_array()) return wrong("TopicIdList", "an array of strings or one string");
    for (const JsonNode& item : JsonChildren(*value)) {
      if (!item.is_string()) return wrong("TopicIdList", "an array of strings or one string");
      ids.emplace_back(item.text());
    }
  }
  void account(std::string_view name, UserId& id, AdditiveMembers) {
    const JsonNode* value = find(name);
    if (value == nullptr) return;
    const std::optional<std::string> text = account_text(*value);
    if (!text) return wrong(name, "a string");
    id = UserId{*text};
  }
  void accounts(std::string_view name, std::vector<UserId>& ids) {
    const JsonNode* value = find(name);
    if (value != nullptr) take_accounts(name, *value, ids);
  }
  void accounts(std::string_view name, std::optional<std::vector<UserId>>& ids) {
    const JsonNode* value = find(name);
    if (value != nullptr) take_accounts(name, *value, ids.emplace());
  }
  void text(std::string_view name, std::string& text) {
    text.clear();
    const JsonNode* value = find(name);
    if (value != nullptr) take_text(name, *value, text);
  }
  void text(std::string_view name, std::optional<std::string>& text) {
    const JsonNode* value = find(name);
    if (value != nullptr) take_text(name, *value, text.emplace());
  }
  void number(std::string_view name, std::int64_t& number) {
    const JsonNode* value = find(name);
    if (value == nullptr) return;
    const auto got = integer(*value);
    if (!got) return wrong(name, "an integer");
    number = *got;
  }
  void pairs(std::string_view name, KeyValues& values, std::string_view key_name,
             std::string_view value_name) {
    const JsonNode* value = find(name);
    if (value != nullptr) take_pairs(name, *value, values, key_name, value_name);
  }
  void pairs(std::string_view name, std::optional<KeyValues>& values, std::string_view key_name,
             std::string_view value_name) {
    const JsonNode* value = find(name);
    if (value != nullptr) take_pairs(name, *value, values.emplace(), key_name, value_name);
  }
  void event_time(std::optional<std::int64_t>& time_ms, AdditiveMembers) {
    const JsonNode* value = find("EventTime");
    if (value == nullptr) return;
    time_ms = integer(*value);
    if (!time_ms) wrong("EventTime", "an integer or a decimal string");
  }

  const JsonNode* find(std::string_view name) {
    // Most bodies have their members in the order they are asked for.
    const bool expected = next_ != JsonChildren(object_).end() && next_->name() == name;
    const JsonNode* const member = expected ? &*next_ : find_member(object_, name);
    if (member == nullptr) return nullptr;
    used_[place_of(*member)] = true;
    next_ = ++JsonChildren::Iterator(member);
    return member;
  }
  [[nodiscard]] bool used(const JsonNode& member) const { return used_[place_of(member)]; }
  [[nodiscard]] bool all_used() const {
    return std::ranges::all_of(JsonChildren(object_),
                               [this](const JsonNode& member) { return used(member); });
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void refuse(std::string what) {
    if (!error_) error_ = fail(Errc::invalid_argument, "callback body: " + std::move(what));
  }
  void wrong(std::string_view name, std::string_view expected) {
    refuse(std::string(name) + " is not " + std::string(expected));
  }
  void take_text(std::string_view name, const JsonNode& value, std::string& text) {
    if (!value.is_string()) return wrong(name, "a string");
    text = value.text();
  }
  template <class Id>
  void take_id(std::string_view name, const JsonNode* value, Id& id, Need need) {
    if (value != nullptr && !value->is_string()) return wrong(name, "a string");
    if (value != nullptr) id = Id{value->text()};
    if (id.empty() && need == Need::required) refuse(std::string(name) + " is missing or empty");
  }
  void take_accounts(std::string_view name, const JsonNode& value, std::vector<UserId>& ids) {
    if (!value.is_array()) return wrong(name, "an array");
    for (const JsonNode& item : JsonChildren(value)) {
      const JsonNode* account = &item;
      if (item.is_object()) account = find_member(item, "Member_Account");
      const std::optional<std::string> text =
          account == nullptr ? std::nullopt : account_text(*account);
      if (!text) return wrong(name, "an array of objects with Member_Account");
      ids.emplace_back(*text);
    }
  }
  void take_pairs(std::string_view name, const JsonNode& value, KeyValues& values,
                  std::string_view key_name, std::string_view value_name) {
    if (!value.is_array()) return wrong(name, "an array");
    values.reserve(JsonChildren(value).size());
    for (const JsonNode& item : JsonChildren(value)) {
      const JsonNode* key = find_member(item, key_name);
      const JsonNode* text = find_member(item, value_name);
      if (key == nullptr || text == nullptr || !key->is_string() || !text->is_string()) {
        return wrong(name, "an array of objects whose key and value are strings");
      }
      values.push_back({std::string(key->text()), std::string(text->text())});
    }
  }

  [[nodiscard]] std::size_t place_of(const JsonNode& member) const {
    return static_cast<std::size_t>(&member - &object_);
  }

  const JsonNode& object_;
  JsonChildren::Iterator next_;
  std::vector<bool> used_;  // by place behind the object; only those of its members count
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
  const JsonNode* value = reader.find(kCommandMember);
  if (value == nullptr && !query_command.empty()) return std::string(query_command);
  if (value == nullptr)
    return fail(Errc::invalid_argument, "callback body: CallbackCommand is missing");
  if (!value->is_string() || value->text().empty()) {
    return fail(Errc::invalid_argument, "callback body: CallbackCommand is not a text");
  }
  return std::string(value->text());
}

/// Raw texts of what the struct cannot hold: the walks over the text and over its tape run side by
/// side.
void keep_raw(std::string_view body, const JsonNode& object, const MemberReader& reader,
              ParsedCallback& parsed) {
  RawMembers members(body);
  for (const JsonNode& node : JsonChildren(object)) {
    const std::optional<RawMember> member = members.next();
    if (!member) return;
    if (!reader.used(node)) parsed.unknown.push_back({member->name, std::string(member->json)});
    if (member->name == kCustomFields) parsed.user_defined_data_raw = member->json;
  }
}

}  // namespace

Result<ParsedCallback> parse_callback(std::string_view body, std::string_view query_command) {
  JsonTape tape;
  TRY_VOID(tape.read(body));
  const JsonNode& object = tape.root();
  if (!object.is_object()) {
    return fail(Errc::invalid_argument, "callback body: it is JSON, but not an object");
  }
  MemberReader reader(object);
  ParsedCallback parsed;
  TRY(parsed.command, read_command(reader, query_command));
  read_value(reader, parsed.command, parsed.value);
  if (reader.error()) return *reader.error();
  parsed.group_mismatch = std::visit(MismatchCheck{}, parsed.value);
  if (!reader.all_used()) {
    keep_raw(body, object, reader, parsed);
  } else if (const JsonNode* fields = find_member(object, kCustomFields)) {
    parsed.user_defined_data_raw = raw_value(body, *fields);
  }
  return parsed;
}

}  // namespace tidings
