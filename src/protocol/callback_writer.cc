// The sending side of tidings/callback.h. This is a hot path: text is appended to one string, no
// document is built.
#include <array>
#include <charconv>

#include "protocol/callback_members.h"
#include "tidings/json.h"

namespace tidings {
namespace {

constexpr std::size_t kUsualBodyBytes = 384;

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// Appends one member each; names need no escaping.
class MemberWriter {
 public:
  MemberWriter(std::string& out, AdditiveMembers additive) : out_(out), additive_(additive) {}

  void group_id(const GroupId& id, Need, AdditiveMembers level) {
    text_at("GroupId", id.view(), level);
  }
  void topic_id(const TopicId& id, Need, AdditiveMembers level) {
    text_at("TopicId", id.view(), level);
  }
  void topic_id(const std::optional<TopicId>& id, Need need, AdditiveMembers level) {
    if (id) topic_id(*id, need, level);
  }
  void topic_ids(const std::vector<TopicId>& ids) {
    open("TopicIdList");
    list(ids, [this](const TopicId& id) { append_json_string(out_, id.view()); });
  }
  void account(std::string_view name, const UserId& id, AdditiveMembers level) {
    text_at(name, id.view(), level);
  }
  void accounts(std::string_view name, const std::vector<UserId>& ids) {
    open(name);
    list(ids, [this](const UserId& id) {
      out_.append(R"({"Member_Account":)");
      append_json_string(out_, id.view());
      out_.push_back('}');
    });
  }
  void text(std::string_view name, std::string_view value) {
    open(name);
    append_json_string(out_, value);
  }
  void number(std::string_view name, std::int64_t value) {
    open(name);
    append_number(out_, value);
  }
  void pairs(std::string_view name, const KeyValues& values, std::string_view key_name,
             std::string_view value_name) {
    open(name);
    list(values, [&](const KeyValue& pair) {
      out_.append(R"({")").append(key_name).append(R"(":)");
      append_json_string(out_, pair.key);
      out_.append(R"(,")").append(value_name).append(R"(":)");
      append_json_string(out_, pair.value);
      out_.push_back('}');
    });
  }
  void event_time(const std::optional<std::int64_t>& time_ms, AdditiveMembers level) {
    if (time_ms && level <= additive_) number("EventTime", *time_ms);
  }

  void text(std::string_view name, const std::string& value) {
    text(name, std::string_view(value));
  }
  void text(std::string_view name, const std::optional<std::string>& value) {
    if (value) text(name, std::string_view(*value));
  }
  void accounts(std::string_view name, const std::optional<std::vector<UserId>>& ids) {
    if (ids) accounts(name, *ids);
  }
  void pairs(std::string_view name, const std::optional<KeyValues>& values,
             std::string_view key_name, std::string_view value_name) {
    if (values) pairs(name, *values, key_name, value_name);
  }

 private:
  void open(std::string_view name) { out_.append(R"(,")").append(name).append(R"(":)"); }

  /// A documented text is always there; an additive one when it is asked for and known.
  void text_at(std::string_view name, std::string_view value, AdditiveMembers level) {
    if (level > additive_ || (level != kDocumented && value.empty())) return;
    text(name, value);
  }

  template <class T, class Append>
  void list(const std::vector<T>& items, Append append) {
    out_.push_back('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i != 0) out_.push_back(',');
      append(items[i]);
    }
    out_.push_back(']');
  }

  std::string& out_;
  AdditiveMembers additive_;
};

void open_body(std::string& out, std::string_view command) {
  out.reserve(out.size() + kUsualBodyBytes);
  out.append(R"({"CallbackCommand":)");
  append_json_string(out, command);
}

template <CallbackBody C>
void append_open_callback(std::string& out, const C& body, AdditiveMembers additive) {
  open_body(out, C::kCommand);
  MemberWriter writer(out, additive);
  visit_members(writer, body);
}

}  // namespace

template <CallbackBody C>
void append_callback(std::string& out, const C& body, AdditiveMembers additive) {
  append_open_callback(out, body, additive);
  out.push_back('}');
}

template void append_callback(std::string&, const BeforeCreateTopic&, AdditiveMembers);
template void append_callback(std::string&, const AfterCreateTopic&, AdditiveMembers);
template void append_callback(std::string&, const AfterTopicInfoChanged&, AdditiveMembers);
template void append_callback(std::string&, const AfterTopicDestroyed&, AdditiveMembers);
template void append_callback(std::string&, const BeforeCreateGroup&, AdditiveMembers);
template void append_callback(std::string&, const AfterCreateGroup&, AdditiveMembers);
template void append_callback(std::string&, const BeforeApplyJoinGroup&, AdditiveMembers);
template void append_callback(std::string&, const BeforeInviteJoinGroup&, AdditiveMembers);
template void append_callback(std::string&, const AfterNewMemberJoin&, AdditiveMembers);
template void append_callback(std::string&, const AfterMemberExit&, AdditiveMembers);
template void append_callback(std::string&, const AfterGroupFull&, AdditiveMembers);
template void append_callback(std::string&, const AfterGroupDestroyed&, AdditiveMembers);
template void append_callback(std::string&, const AfterGroupInfoChanged&, AdditiveMembers);
template void append_callback(std::string&, const OnMemberStateChange&, AdditiveMembers);
template void append_callback(std::string&, const AfterMemberFieldChanged&, AdditiveMembers);
template void append_callback(std::string&, const AfterChangeGroupOwner&, AdditiveMembers);
template void append_callback(std::string&, const AfterGroupAttrChanged&, AdditiveMembers);
template void append_callback(std::string&, const OnDailyGroupQuotaAlarm&, AdditiveMembers);

std::string write_callback(const ParsedCallback& parsed, AdditiveMembers additive) {
  std::string out;
  std::visit(
      [&](const auto& body) {
        if constexpr (std::same_as<decltype(body), const std::monostate&>) {
          open_body(out, parsed.command);
        } else {
          append_open_callback(out, body, additive);
        }
      },
      parsed.value);
  for (const UnknownMember& member : parsed.unknown) {
    out.push_back(',');
    append_json_string(out, member.name);
    out.push_back(':');
    out.append(member.raw_json);
  }
  out.push_back('}');
  return out;
}

std::string_view to_string(AdditiveMembers setting) {
  switch (setting) {
    case AdditiveMembers::documented:
      return "documented";
    case AdditiveMembers::needed:
      return "needed";
    case AdditiveMembers::all:
      return "all";
  }
  return "needed";
}

std::optional<AdditiveMembers> parse_additive_members(std::string_view name) {
  for (const AdditiveMembers setting : {kDocumented, kNeeded, kAll}) {
    if (name == to_string(setting)) return setting;
  }
  return std::nullopt;
}

}  // namespace tidings
