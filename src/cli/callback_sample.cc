#include "cli/callback_sample.h"

#include <algorithm>

namespace tidings::cli {
namespace {

constexpr CallbackSample kSamples[] = {
    {"Group.CallbackBeforeCreateTopic",
     R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic","Operator_Account":"vera_01","Type":"Community","Name":"Woodwork"})"},
    {"Group.CallbackAfterCreateTopic",
     R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","TopicId":"@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_@TOPIC#cCJYDIIM62CC","Operator_Account":"vera_01","Owner_Account":"vera_01","Type":"Community","Name":"Woodwork","UserDefinedDataList":[{"Key":"season","Value":"winter"}]})"},
    {"Group.CallbackAfterTopicInfoChanged",
     R"({"CallbackCommand":"Group.CallbackAfterTopicInfoChanged","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Operator_Account":"vera_01","Name":"Woodwork & tools","Introduction":"Wood and what cuts it","Notification":"Market on the 12th","FaceUrl":"https://riverside.test/wood.png"})"},
    {"Group.CallbackAfterTopicDestroyed",
     R"({"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","TopicIdList":["@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_@TOPIC#cCJYDIIM62CC"]})"},
    {"Group.CallbackBeforeCreateGroup",
     R"({"CallbackCommand":"Group.CallbackBeforeCreateGroup","Operator_Account":"administrator","Owner_Account":"vera_01","Type":"Community","Name":"Riverside Makers","CreateGroupNum":2,"MemberList":[{"Member_Account":"omar"}],"EventTime":1735689600001})"},
    {"Group.CallbackAfterCreateGroup",
     R"({"CallbackCommand":"Group.CallbackAfterCreateGroup","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Operator_Account":"administrator","Owner_Account":"vera_01","Type":"Community","Name":"Riverside Makers","MemberList":[{"Member_Account":"vera_01"},{"Member_Account":"omar"}],"UserDefinedDataList":[{"Key":"topic_category","Value":"[\"crafts\",\"garden\"]"}],"EventTime":1735689600050})"},
    {"Group.CallbackBeforeApplyJoinGroup",
     R"({"CallbackCommand":"Group.CallbackBeforeApplyJoinGroup","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Requestor_Account":"lin-7","EventTime":1735689650000})"},
    {"Group.CallbackBeforeInviteJoinGroup",
     R"({"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Operator_Account":"administrator","DestinationMembers":[{"Member_Account":"lin-7"},{"Member_Account":"omar"}],"EventTime":1735689651000})"},
    {"Group.CallbackAfterNewMemberJoin",
     R"({"CallbackCommand":"Group.CallbackAfterNewMemberJoin","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","JoinType":"Invited","Operator_Account":"administrator","NewMemberList":[{"Member_Account":"lin-7"}],"EventTime":1735689652000})"},
    {"Group.CallbackAfterMemberExit",
     R"({"CallbackCommand":"Group.CallbackAfterMemberExit","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","ExitType":"Kicked","Operator_Account":"administrator","ExitMemberList":[{"Member_Account":"lin-7"}],"EventTime":1735689660000})"},
    {"Group.CallbackAfterGroupFull",
     R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"@TGS#2HB3IFAEP","EventTime":1735689670000})"},
    {"Group.CallbackAfterGroupDestroyed",
     R"({"CallbackCommand":"Group.CallbackAfterGroupDestroyed","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Owner_Account":"vera_01","Name":"Riverside Makers","EventTime":1735689900000})"},
    {"Group.CallbackAfterGroupInfoChanged",
     R"({"CallbackCommand":"Group.CallbackAfterGroupInfoChanged","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Operator_Account":"administrator","Notification":"Market on the 12th","EventTime":1735689680000})"},
    {"Group.CallbackBeforeSendMsg",
     R"({"CallbackCommand":"Group.CallbackBeforeSendMsg","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","TopicId":"@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_woodwork","Type":"Community","From_Account":"omar","Operator_Account":"omar","Random":41784661,"OnlineOnlyFlag":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}],"CloudCustomData":"","EventTime":1735689690000})"},
    {"Group.CallbackAfterSendMsg",
     R"({"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","TopicId":"@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_woodwork","Type":"Community","From_Account":"omar","Operator_Account":"omar","Random":41784661,"MsgSeq":5,"MsgTime":1735689690,"OnlineOnlyFlag":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}],"EventTime":1735689690100})"},
    {"Group.CallbackAfterRecallMsg",
     R"({"CallbackCommand":"Group.CallbackAfterRecallMsg","Operator_Account":"omar","Type":"Community","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","MsgSeqList":[{"MsgSeq":5}],"TopicId":"@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_woodwork","EventTime":1735689695000})"},
    {"Group.CallbackSendMsgException",
     R"({"CallbackCommand":"Group.CallbackSendMsgException","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","From_Account":"lin-7","Operator_Account":"lin-7","Random":7,"OnlineOnlyFlag":0,"MsgBody":[],"ErrorCode":10017,"ErrorInfo":"sender muted","EventTime":1735689696000})"},
    {"Group.CallbackOnMemberStateChange",
     R"({"CallbackCommand":"Group.CallbackOnMemberStateChange","GroupId":"@TGS#aHB3IFAEP","EventType":"Offline","MemberList":[{"Member_Account":"omar"}]})"},
    {"Group.CallbackAfterMemberFieldChanged",
     R"({"CallbackCommand":"Group.CallbackAfterMemberFieldChanged","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Operator_Account":"administrator","Member_Account":"omar","Role":"Admin","NameCard":"Omar","EventTime":1735689697000})"},
    {"Group.CallbackAfterChangeGroupOwner",
     R"({"CallbackCommand":"Group.CallbackAfterChangeGroupOwner","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Operator_Account":"administrator","OldOwner_Account":"vera_01","NewOwner_Account":"omar","EventTime":1735689698000})"},
    {"Group.CallbackAfterGroupAttrChanged",
     R"({"CallbackCommand":"Group.CallbackAfterGroupAttrChanged","GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Type":"Community","Operator_Account":"administrator","OptionType":"set","GroupAttr":[{"key":"mood","value":"bright"}],"EventTime":1735689699000})"},
    {"Group.CallbackOnDailyGroupQuotaAlarm",
     R"({"CallbackCommand":"Group.CallbackOnDailyGroupQuotaAlarm","QuotaUsed":7000,"Quota":10000,"EventTime":1735689699500})"},
};

}  // namespace

std::span<const CallbackSample> callback_samples() { return kSamples; }

std::string_view callback_sample(std::string_view command) {
  constexpr std::string_view kPrefix = "Group.Callback";
  const auto found = std::find_if(std::begin(kSamples), std::end(kSamples), [&](const auto& each) {
    return each.command == command || each.command.substr(kPrefix.size()) == command;
  });
  return found == std::end(kSamples) ? std::string_view{} : found->body;
}

}  // namespace tidings::cli
