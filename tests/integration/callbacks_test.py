"""Goal: each operation fires exactly the callbacks of protocol 7.21, before and after, from both
doors, with who did it and from where. Method: one app backend of the test's own records what real
processes send it while one community and its topics live and end."""

import json
import urllib.parse

from harness import Backend, ProcessTest, Recorder, daemons, main

TOPIC = "million_group_open_http_svc/"
GROUP = "group_open_http_svc/"


class CallbacksTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.recorder = Recorder(self)
        self.backend = Backend(self, self.start_serve()).make_app(self.recorder.url, ("all=on",))
        self.sent = 0
        self.backend.rest("im_open_login_svc/multiaccount_import",
                          {"Accounts": ["vera_01", "omar", "lin-7", "nova"]})

    def client(self, user, operation, **args):
        result = self.backend.client(operation, json.dumps(args), user=user, platform="iOS")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def fired(self, *wanted):
        """What came since the last time: exactly these, before-callbacks first. Their bodies."""
        def come():
            return len(self.recorder.requests) >= self.sent + len(wanted)
        daemons.wait_until(come, f"{wanted} arrive")
        bodies, platforms = [], []
        for target, _, body in self.recorder.requests[self.sent:]:
            query = urllib.parse.parse_qs(target.partition("?")[2])
            bodies.append(json.loads(body))
            platforms += query["OptPlatform"]
            self.assertEqual(query["CallbackCommand"], [bodies[-1]["CallbackCommand"]])
            self.assertEqual(query["ClientIP"], ["127.0.0.1"])
        self.sent = len(self.recorder.requests)
        self.assertEqual([body["CallbackCommand"].removeprefix("Group.Callback")
                          for body in bodies], list(wanted))
        self.assertEqual(len(set(platforms)), 1, platforms)
        self.platform = platforms[0]
        return bodies

    def test_each_operation_fires_what_the_table_says(self):
        group = self.backend.rest(GROUP + "create_group", {
            "Type": "Community", "Name": "Makers", "Owner_Account": "vera_01", "SupportTopic": 1,
            "MemberList": [{"Member_Account": "omar"}]})["GroupId"]
        before, after = self.fired("BeforeCreateGroup", "AfterCreateGroup")
        self.assertEqual((before["CreateGroupNum"], before["MemberList"]),
                         (0, [{"Member_Account": "omar"}]))
        self.assertEqual(after["MemberList"],
                         [{"Member_Account": "vera_01"}, {"Member_Account": "omar"}])
        self.assertEqual((after["Operator_Account"], self.platform), ("administrator", "RESTAPI"))

        topic = self.backend.make_topic(group)
        before, after = self.fired("BeforeCreateTopic", "AfterCreateTopic")
        self.assertEqual((before["GroupId"], before["Name"]), (group, "Woodwork"))
        self.assertEqual((after["TopicId"], after["Owner_Account"]), (topic, "vera_01"))

        self.client("vera_01", "updateTopicProfile", groupID=group, topicID=topic, topicName="Wood")
        changed, = self.fired("AfterTopicInfoChanged")
        self.assertEqual((changed["Name"], changed["TopicId"], changed["Operator_Account"]),
                         ("Wood", topic, "vera_01"))
        self.assertEqual(self.platform, "iOS")

        for quiet in ({"CustomString": "{}"}, {"MuteAllMember": "On"}, {"TopicName": "Wood"}):
            self.backend.rest(TOPIC + "modify_topic", {"GroupId": group, "TopicId": topic, **quiet})
        self.backend.rest(TOPIC + "destroy_topic", {"GroupId": group, "TopicIdList": [
            topic, group + "@TOPIC#_gone"]})
        destroyed, = self.fired("AfterTopicDestroyed")
        self.assertEqual(destroyed["TopicIdList"], [topic])

        self.client("vera_01", "updateGroupProfile", groupID=group, introduction="i")
        changed, = self.fired("AfterGroupInfoChanged")
        self.assertEqual((changed["Introduction"], "Name" in changed), ("i", False))

        self.backend.rest(GROUP + "add_group_member", {
            "GroupId": group, "MemberList": [{"Member_Account": "lin-7"}]})
        before, joined = self.fired("BeforeInviteJoinGroup", "AfterNewMemberJoin")
        self.assertEqual(before["DestinationMembers"], [{"Member_Account": "lin-7"}])
        self.assertEqual((joined["JoinType"], joined["NewMemberList"]),
                         ("Invited", [{"Member_Account": "lin-7"}]))

        self.backend.rest(GROUP + "modify_group_base_info", {"GroupId": group, "MaxMemberNum": 4})
        self.client("nova", "joinGroup", groupID=group)
        before, joined, full = self.fired("BeforeApplyJoinGroup", "AfterNewMemberJoin",
                                          "AfterGroupFull")
        self.assertEqual((before["Requestor_Account"], joined["JoinType"], full["GroupId"]),
                         ("nova", "Apply", group))

        self.client("nova", "quitGroup", groupID=group)
        left, = self.fired("AfterMemberExit")
        self.assertEqual((left["ExitType"], left["Operator_Account"]), ("Quit", "nova"))
        self.client("vera_01", "deleteGroupMember", groupID=group, userIDList=["lin-7", "nova"])
        left, = self.fired("AfterMemberExit")
        self.assertEqual((left["ExitType"], left["ExitMemberList"]),
                         ("Kicked", [{"Member_Account": "lin-7"}]))

        self.client("vera_01", "dismissGroup", groupID=group)
        ended, = self.fired("AfterGroupDestroyed")
        self.assertEqual((ended["Name"], "MemberList" in ended), ("Makers", False))
        self.assertEqual(self.backend.ledger()["accepted"], 11)

    def test_imports_fire_nothing(self):
        group = self.backend.rest(GROUP + "import_group", {
            "Type": "Community", "Name": "Old", "SupportTopic": 1, "CreateTime": 1420070400,
            "Owner_Account": "vera_01"})["GroupId"]
        self.backend.rest(GROUP + "import_topic", {"GroupId": group, "TopicName": "Archive"})
        self.backend.rest(GROUP + "import_group_member", {
            "GroupId": group, "MemberList": [{"Member_Account": "omar", "JoinTime": 1420070500}]})
        self.backend.rest(GROUP + "destroy_group", {"GroupId": group})
        self.fired("AfterGroupDestroyed")
        self.assertEqual(self.backend.ledger()["accepted"], 1)

    def test_what_the_app_backend_refuses_fires_nothing_after(self):
        group = self.backend.make_community()
        self.fired("BeforeCreateGroup", "AfterCreateGroup")
        self.recorder.answer = '{"ActionStatus":"OK","ErrorInfo":"not today","ErrorCode":1}'
        self.backend.make_topic(group, expected=10016)
        self.backend.rest(GROUP + "add_group_member", {
            "GroupId": group, "MemberList": [{"Member_Account": "omar"}]}, 10016)
        self.recorder.answer = '{"ActionStatus":"OK","ErrorInfo":"curators only","ErrorCode":10123}'
        refused = self.backend.rest(GROUP + "create_group", {"Type": "Public", "Name": "P"}, 10123)
        self.assertEqual(refused["ErrorInfo"], "curators only")
        self.fired("BeforeCreateTopic", "BeforeInviteJoinGroup", "BeforeCreateGroup")
        self.assertEqual(self.backend.ledger()["accepted"], 1)


if __name__ == "__main__":
    main()
