#include "receiver/source_doubt.h"

#include <unordered_set>

#include "store/mirror_view.h"

namespace tidings::receiver {
namespace {

constexpr std::int64_t kClockMarginS = 24 * 3600;

}  // namespace

void doubt_creation(SourceProfile& profile, std::int64_t now_s) {
  if (profile.created_s < 0 || profile.created_s > now_s + kClockMarginS) profile.created_s = 0;
}

bool leave_what_is_told(const GroupId& group, std::vector<SourceTopic>& there,
                        std::vector<store::MirrorTopic>& here) {
  std::unordered_set<TopicId> seen, untold;
  std::erase_if(there, [&](const SourceTopic& topic) {
    if (topic.code != 0) untold.insert(topic.topic);
    return store::parent_of(topic.topic, group) != group || !seen.insert(topic.topic).second;
  });
  if (untold.empty()) return true;
  std::erase_if(there, [&](const SourceTopic& topic) { return untold.contains(topic.topic); });
  std::erase_if(here, [&](const store::MirrorTopic& topic) { return untold.contains(topic.topic); });
  return false;
}

}  // namespace tidings::receiver
