/// The members of each callback body, once, in the order they are written: the documented sample's,
/// then the additive ones. Writer and parser are two visitors of this table, so they cannot drift
/// apart.
///
/// A visitor has, for a member's name and value:
///   group_id(value, need, level)      GroupId, read in its three spellings
///   topic_id(value, need, level)      TopicId
///   topic_ids(value)                  TopicIdList
///   account(name, value, level)       a UserId
///   accounts(name, value)             array of {Member_Account}; also optional
///   text(name, value)                 a string; std::optional: only if present
///   number(name, value)               an integer
///   pairs(name, value, key, text)     array of {key, text}; also optional
///   event_time(value, level)          EventTime
/// Source: protocol section 7, R-03 to R-06.
#pragma once

#include <concepts>
#include <type_traits>

#include "tidings/callback.h"

namespace tidings {

/// From which AdditiveMembers setting on a member is sent.
inline constexpr auto kDocumented = AdditiveMembers::documented;
inline constexpr auto kNeeded = AdditiveMembers::needed;
inline constexpr auto kAll = AdditiveMembers::all;

/// May a received body lack the id?
enum class Need { required, optional };

template <class C, class Body>
concept Of = std::same_as<std::remove_const_t<C>, Body>;

template <class V, Of<BeforeCreateTopic> C>
void visit_members(V& visit, C& body) {
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.text("Type", body.type);
  visit.text("Name", body.name);
  visit.group_id(body.group_id, Need::optional, kNeeded);
  visit.topic_id(body.topic_id, Need::optional, kAll);
  visit.event_time(body.event_time_ms, kAll);
}

template <class V, Of<AfterCreateTopic> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.topic_id(body.topic_id, Need::required, kDocumented);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.account("Owner_Account", body.owner_account, kDocumented);
  visit.text("Type", body.type);
  visit.text("Name", body.name);
  visit.pairs("UserDefinedDataList", body.user_defined_data_list, "Key", "Value");
  visit.event_time(body.event_time_ms, kAll);
}

template <class V, Of<AfterTopicInfoChanged> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.text("Name", body.name);
  visit.text("Introduction", body.introduction);
  visit.text("Notification", body.notification);
  visit.text("FaceUrl", body.face_url);
  visit.topic_id(body.topic_id, Need::optional, kNeeded);
  visit.event_time(body.event_time_ms, kAll);
}

template <class V, Of<AfterTopicDestroyed> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.topic_ids(body.topic_id_list);
  visit.account("Operator_Account", body.operator_account, kAll);
  visit.event_time(body.event_time_ms, kAll);
}

template <class V, Of<BeforeCreateGroup> C>
void visit_members(V& visit, C& body) {
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.account("Owner_Account", body.owner_account, kDocumented);
  visit.text("Type", body.type);
  visit.text("Name", body.name);
  visit.number("CreateGroupNum", body.create_group_num);
  visit.accounts("MemberList", body.member_list);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterCreateGroup> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.account("Owner_Account", body.owner_account, kDocumented);
  visit.text("Type", body.type);
  visit.text("Name", body.name);
  visit.accounts("MemberList", body.member_list);
  visit.pairs("UserDefinedDataList", body.user_defined_data_list, "Key", "Value");
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<BeforeApplyJoinGroup> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Requestor_Account", body.requestor_account, kDocumented);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<BeforeInviteJoinGroup> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.accounts("DestinationMembers", body.destination_members);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterNewMemberJoin> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.text("JoinType", body.join_type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.accounts("NewMemberList", body.new_member_list);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterMemberExit> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.text("ExitType", body.exit_type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.accounts("ExitMemberList", body.exit_member_list);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterGroupFull> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterGroupDestroyed> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Owner_Account", body.owner_account, kDocumented);
  visit.text("Name", body.name);
  visit.accounts("MemberList", body.member_list);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterGroupInfoChanged> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.text("Name", body.name);
  visit.text("Introduction", body.introduction);
  visit.text("Notification", body.notification);
  visit.text("FaceUrl", body.face_url);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<OnMemberStateChange> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("EventType", body.event_type);
  visit.accounts("MemberList", body.member_list);
  visit.event_time(body.event_time_ms, kAll);
}

template <class V, Of<AfterMemberFieldChanged> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.account("Member_Account", body.member_account, kDocumented);
  visit.text("Role", body.role);
  visit.text("NameCard", body.name_card);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterChangeGroupOwner> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.account("OldOwner_Account", body.old_owner_account, kDocumented);
  visit.account("NewOwner_Account", body.new_owner_account, kDocumented);
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<AfterGroupAttrChanged> C>
void visit_members(V& visit, C& body) {
  visit.group_id(body.group_id, Need::required, kDocumented);
  visit.text("Type", body.type);
  visit.account("Operator_Account", body.operator_account, kDocumented);
  visit.text("OptionType", body.option_type);
  visit.pairs("GroupAttr", body.group_attr, "key", "value");
  visit.event_time(body.event_time_ms, kDocumented);
}

template <class V, Of<OnDailyGroupQuotaAlarm> C>
void visit_members(V& visit, C& body) {
  visit.number("QuotaUsed", body.quota_used);
  visit.number("Quota", body.quota);
  visit.event_time(body.event_time_ms, kDocumented);
}

}  // namespace tidings
