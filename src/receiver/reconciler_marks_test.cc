// Goal: the mark of a group whose topics must be read again goes when they were read and the mirror
// holds what was read, and not before.
// Method: as in reconciler_test.cc.
#include <gtest/gtest.h>

#include "receiver/test_reconciling.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

class ReconcilerMarksTest : public ReconcilerTest {
 protected:
  /// A group with one topic, of which the mirror knows, and the mark.
  void know(Reconciling& here) {
    here.arrives(group_created(kA, "Makers"));
    here.arrives(topic_created(topic_id(kA, 1), "Wood"));
    here.arrives(some_topic_changed(kA, kToldMs + 10));
    ASSERT_TRUE(here.group(kA)->reread);
  }
  FakeGroup makers(const std::string& topic) { return {"Makers", {{topic_id(kA, 1), {topic}}}}; }
};

TEST_F(ReconcilerMarksTest, ItGoesWithWhatIsHealed) {
  add(kA, makers("Iron"));
  Reconciling here(file(), source, once());
  know(here);
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_FALSE(here.group(kA)->reread);
  EXPECT_EQ(here.topic(topic_id(kA, 1))->name.value, "Iron");
}

TEST_F(ReconcilerMarksTest, ItGoesWhereNothingDiffers) {
  add(kA, makers("Wood"));
  Reconciling here(file(), source, once());
  know(here);
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_FALSE(here.group(kA)->reread);
  EXPECT_EQ(here.healed(), 0);
}

TEST_F(ReconcilerMarksTest, ANewerOneStays) {
  add(kA, makers("Wood"));
  Reconciling here(file(), source, once());
  know(here);
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command == "get_topic" && nth == 2) co_await here.take(some_topic_changed(kA, kToldMs + 20));
  });
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_EQ(here.group(kA)->reread.time_ms, kToldMs + 20);
}

TEST_F(ReconcilerMarksTest, ItStaysWhereTheTopicsCouldNotBeRead) {
  FakeGroup refused = makers("Wood"), none = makers("Wood"), hidden = makers("Wood");
  refused.topics_code = 10007;
  none.type = "Public";  // without topics, says the source
  hidden.code = 10007;
  for (const FakeGroup& group : {refused, none, hidden}) {
    FakeState other;
    other.change([&](FakeGroups& groups) { groups[kA] = group; });
    MirrorFolder its;
    Reconciling here(its.file(), other, once());
    know(here);
    here.start();
    ASSERT_TRUE(here.completed());
    EXPECT_TRUE(here.group(kA)->reread) << group.type << group.topics_code;
  }
}

TEST_F(ReconcilerMarksTest, ItStaysWhereWhatWasReadIsNotHealedYet) {
  add(kA, makers("Wood"));
  Reconciling here(file(), source);
  know(here);
  bool marked = false;
  std::string name;
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command == "get_topic" && nth == 2) add(kA, makers("Iron"));
    if (command == "get_appid_group_list" && nth == 2) {
      marked = static_cast<bool>(here.group(kA)->reread);
      name = here.topic(topic_id(kA, 1))->name.value;
    }
    co_return;
  });
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(name, "Wood") << "seen once";
  EXPECT_TRUE(marked);
  EXPECT_FALSE(here.group(kA)->reread);
  EXPECT_EQ(here.topic(topic_id(kA, 1))->name.value, "Iron");
}

}  // namespace
}  // namespace tidings::receiver
