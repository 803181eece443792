/// What tests of delivery put into a store by hand: the event of a topic that was created, and a
/// listener that wants to hear of no commit.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "community/event.h"
#include "store/committer.h"

namespace tidings::test {

inline community::Event topic_event(SdkAppId app, std::int64_t app_sequence,
                                    const std::string& group, std::string body,
                                    std::int64_t time_ms, Random& random) {
  community::Event event;
  event.app = app;
  event.app_sequence = app_sequence;
  event.command = "Group.CallbackAfterCreateTopic";
  event.group = GroupId{group};
  event.request_id = random.uuid();
  event.time_ms = time_ms;
  event.body = std::move(body);
  return event;
}

class NoListener final : public store::CommitListener {
 public:
  void committed(std::vector<community::Event>, std::vector<community::Notice>) override {}
  void batch_done() override {}
};

}  // namespace tidings::test
