// Goal: how many members and topics a group has is the same wherever it is read, right after it changed
// and later. Method: changes one after the other, each read at every door of the store.
#include <vector>

#include "contract/store_under_test.h"

namespace tidings::store {
namespace {

using namespace community;

class CountsContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, CountsContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(CountsContract, CountsOfGroupsAreTheNewestWhereverTheyAreRead) {
  const AccountKey account{app_, UserId{"omar"}};
  std::vector<GroupKey> keys;
  for (const char* id : {"a", "b", "c", "d"}) {
    keys.push_back(group_key(id));
    put_group(keys.back());
  }
  View joined = load({.groups = keys});
  for (const GroupKey& key : keys) {
    Member member;
    member.key = {key, account.user};
    joined.put(member);
  }
  commit(joined);
  for (std::int64_t round = 1; round <= 12; ++round) {
    View changed = load({.groups = keys});
    for (std::size_t i = 0; i < keys.size(); i += static_cast<std::size_t>(1 + round % 2)) {
      changed.change_group(keys[i]).member_num = round;
      changed.change_group(keys[i]).topic_num = 100 * round;
    }
    commit(changed);
    if (round % 5 == 0) store_->reopen();
    const auto expected = [&](std::size_t i) { return i % 2 == 0 ? round : round - round % 2; };
    store::JoinedQuery query;
    query.account = account;
    query.limit = 10;
    const auto page = store_->reader().joined(query).value();
    const View got = read({.memberships = {account}});
    const View writers = load({.memberships = {account}});
    ASSERT_EQ(page.groups.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(page.groups[i].group.member_num, expected(i)) << "round " << round;
      EXPECT_EQ(page.groups[i].group.topic_num, 100 * expected(i)) << "round " << round;
      EXPECT_EQ(got.group(keys[i])->member_num, expected(i)) << "round " << round;
      EXPECT_EQ(writers.group(keys[i])->topic_num, 100 * expected(i)) << "round " << round;
    }
  }
}

TEST_P(CountsContract, AForgottenAccountIsMissingInTheNewestCounts) {
  const auto key = group_key("g");
  const AccountKey account{app_, UserId{"omar"}};
  const MemberKey member{key, account.user};
  put_group(key);
  View joined = load({.accounts = {account}, .groups = {key}, .members = {member}});
  Account row;
  row.key = account;
  joined.put(row);
  Member made;
  made.key = member;
  joined.put(made);
  joined.change_group(key).member_num = 7;
  commit(joined);
  View forgotten = load({.accounts = {account}, .memberships = {account}});
  forgotten.forget(account);
  commit(forgotten);
  EXPECT_EQ(read({.groups = {key}}).group(key)->member_num, 6);
  store_->reopen();
  EXPECT_EQ(load({.groups = {key}}).group(key)->member_num, 6);
}

}  // namespace
}  // namespace tidings::store
