#include "receiver/mirror_lookup.h"

#include <utility>

#include "receiver/source_doubt.h"

namespace tidings::receiver {
namespace {

constexpr std::size_t kTopicPage = 1000;

}  // namespace

Result<MirrorGroups> read_groups(store::MirrorReader& reader, SdkAppId app,
                                 const std::vector<GroupId>& ids) {
  MirrorGroups groups;
  for (const GroupId& id : ids) {
    TRY(auto group, reader.group({app, id}));
    groups.push_back(std::move(group));
  }
  return groups;
}

Result<std::vector<store::MirrorTopic>> read_topics(store::MirrorReader& reader, SdkAppId app,
                                                    const GroupId& group) {
  std::vector<store::MirrorTopic> topics;
  store::MirrorFilter filter;
  filter.app = app;
  filter.group = group;
  filter.limit = kTopicPage;
  do {
    TRY(auto page, reader.topics(filter));
    for (store::MirrorTopic& topic : page.rows) {
      if (store::parent_of(topic) == group) topics.push_back(std::move(topic));
    }
    filter.after = page.next;
  } while (!filter.after.empty());
  return topics;
}

Result<ComparedTopics> compare_with_mirror(store::MirrorReader& reader, SdkAppId app,
                                           const SourceGroup& group,
                                           std::vector<SourceTopic> there, std::int64_t ended_ms,
                                           std::int64_t now_s) {
  TRY(auto here, read_topics(reader, app, group.group));
  ComparedTopics compared;
  compared.all = leave_what_is_told(group.group, there, here);
  for (SourceTopic& topic : there) doubt_creation(topic, now_s);
  compare_topics(group, there, here, ended_ms, compared.missed);
  return compared;
}

}  // namespace tidings::receiver
