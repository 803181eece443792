// Goal: whatever comes and goes, a group lists exactly the topics that are there. Method: random
// creations and removals of topics of both kinds of id, several a commit, against a model.
#include <array>
#include <random>
#include <set>

#include "contract/store_under_test.h"
#include "tidings/identifier.h"

namespace tidings::store {
namespace {

using namespace community;

class TopicsContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, TopicsContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(TopicsContract, TopicsComeAndGoInAnyOrderAndTheirGroupListsExactlyThoseThatAreThere) {
  const std::array<GroupKey, 2> keys{group_key("a"), group_key("b")};
  for (const GroupKey& key : keys) put_group(key);
  std::array<std::set<TopicKey>, 2> want;
  std::uint64_t number = 100'000'000'000'000;
  std::mt19937 chance{20'250'101};
  const auto one_in = [&chance](unsigned n) { return chance() % n == 0; };
  for (int round = 0; round < 60; ++round) {
    Needs needs;
    for (const GroupKey& key : keys) {
      needs.groups.push_back(key);
      needs.all_topics.push_back(key);
    }
    View view = load(needs);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      // Those that go first: their places in the chain are next to each other, at its ends, alone.
      const auto before = want[i];
      for (const TopicKey& topic : before) {
        if (!one_in(3)) continue;
        view.erase(topic);
        want[i].erase(topic);
      }
      for (auto more = chance() % 5; more > 0; --more) {
        Topic topic;
        const std::string own = keys[i].group.str() + "@TOPIC#_" + std::to_string(chance());
        topic.key = {keys[i], one_in(2) ? make_topic_id(keys[i].group, ++number) : TopicId{own}};
        topic.name = topic.key.topic.str();
        view.put(topic);
        want[i].insert(topic.key);
      }
      view.change_group(keys[i]).topic_num = std::ssize(want[i]);
    }
    commit(view);
    if (round % 10 == 9) store_->reopen();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const View got = read({.groups = {keys[i]}, .all_topics = {keys[i]}});
      std::set<TopicKey> listed;
      for (const Topic* topic : got.topics_of(keys[i])) {
        EXPECT_EQ(topic->name, topic->key.topic.str());
        listed.insert(topic->key);
      }
      ASSERT_EQ(listed, want[i]) << "round " << round;
      EXPECT_EQ(got.group(keys[i])->topic_num, std::ssize(want[i])) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace tidings::store
