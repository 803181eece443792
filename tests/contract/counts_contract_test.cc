// Goal: how many members and topics a group has is the same wherever it is read, right after it changed
// and later, also after a crash. Method: changes one after the other, each read at every door of the store,
// and in copies of its files, which is what a crash leaves.
#include <random>
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

class SqliteCounts : public testing::Test {
 protected:
  SqliteCounts() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-counts-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const char* id : {"a", "b", "c", "d", "e", "f"}) {
      keys_.push_back({SdkAppId{1'400'000'001}, GroupId{id}});
    }
  }
  ~SqliteCounts() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<sqlite::Engine> open(const char* name) {
    sqlite::EngineOptions options;
    options.path = (folder_ / name).string();
    options.groups_kept = 3;
    options.counts_logged = 5;
    options.readers = 1;
    // A checkpoint between the copies of two files would belong to none of them.
    options.log = {.wake_pages = 1'000'000, .most_pages = 2'000'000};
    auto opened = sqlite::Engine::open(options);
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }
  std::unique_ptr<sqlite::Engine> open_copy() {
    for (const char* end : {"", "-wal"}) {
      std::filesystem::copy_file(folder_ / (std::string{"live.db"} + end),
                                 folder_ / (std::string{"copy.db"} + end),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::remove(folder_ / "copy.db-shm");
    return open("copy.db");
  }
  [[nodiscard]] Needs all() const { return {.groups = keys_, .all_topics = keys_}; }

  std::filesystem::path folder_;
  std::vector<GroupKey> keys_;
  SeededRandom random_{7};
};

TEST_F(SqliteCounts, ACrashLeavesCountsOfWhatIsThere) {
  std::mt19937 chance{20'250'102};
  const auto engine = open("live.db");
  int number = 0;
  for (int round = 0; round < 60; ++round) {
    View view{1'735'689'600'000, random_};
    ASSERT_TRUE(engine->load(all(), view));
    for (const GroupKey& key : keys_) {
      if (chance() % 3 == 0) continue;
      if (view.group(key) == nullptr) {
        Group group;
        group.key = key;
        view.put(group);
      }
      Topic topic;
      topic.key = {key, TopicId{key.group.str() + "@TOPIC#_" + std::to_string(++number)}};
      view.put(topic);
      ++view.change_group(key).topic_num;
    }
    ASSERT_TRUE(engine->commit(view, {}));
    const auto copy = open_copy();
    View got{0, random_};
    ASSERT_TRUE(copy->read(all(), got));
    for (const GroupKey& key : keys_) {
      const Group* const group = got.group(key);
      ASSERT_EQ(group == nullptr ? 0 : group->topic_num, std::ssize(got.topics_of(key)))
          << "round " << round << ", group " << key.group.str();
    }
    EXPECT_EQ(got.topics.entries().size(), static_cast<std::size_t>(number)) << "round " << round;
  }
}

}  // namespace
}  // namespace tidings::store
