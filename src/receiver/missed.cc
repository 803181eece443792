#include "receiver/missed.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

#include "receiver/mirror_merge.h"
#include "store/mirror_view.h"

namespace tidings::receiver {
namespace {

using store::MirrorGroup;
using store::MirrorStamp;
using store::MirrorText;
using store::MirrorTopic;

bool differs(const std::optional<std::string>& there, const MirrorText& here) {
  if (!there) return false;
  return here.stamp ? here.value != *there : !there->empty();
}

/// Of the four texts those that differ go into `body`; true: there are some.
template <class Body, class Row>
bool take_changes(const SourceProfile& there, const Row& here, Body& body) {
  bool any = false;
  const auto take = [&](const std::optional<std::string>& text, const MirrorText& known,
                        std::optional<std::string>& into) {
    if (!differs(text, known)) return;
    into = text;
    any = true;
  };
  take(there.name, here.name, body.name);
  take(there.introduction, here.introduction, body.introduction);
  take(there.notification, here.notification, body.notification);
  take(there.face_url, here.face_url, body.face_url);
  return any;
}

std::int64_t newest_of(std::initializer_list<MirrorStamp> stamps) {
  std::int64_t newest = 0;
  for (const MirrorStamp& stamp : stamps) newest = std::max(newest, stamp.time_ms);
  return newest;
}

std::int64_t newest_ms(const MirrorTopic& topic) {
  return newest_of({topic.seen, topic.created, topic.destroyed, topic.name.stamp,
                    topic.introduction.stamp, topic.notification.stamp, topic.face_url.stamp});
}

std::int64_t newest_ms(const MirrorGroup& group) {
  return newest_of({group.created, group.destroyed, group.members, group.full, group.reread,
                    group.owner.stamp, group.name.stamp, group.introduction.stamp,
                    group.notification.stamp, group.face_url.stamp});
}

/// Newer than anything the mirror holds of it; 0 where nothing of that has a time.
template <class Row>
std::int64_t just_after(const Row& here) {
  const std::int64_t newest = newest_ms(here);
  return newest == 0 ? 0 : newest + 1;
}

/// A creation stands before what happened to it afterwards, and behind the end of an earlier life. Where
/// that is not said, it is as new as what the mirror holds.
std::int64_t created_ms(const SourceProfile& there, std::int64_t ended, std::int64_t newest) {
  const std::int64_t said = there.created_s * 1000;
  if (said > ended) return said;
  return ended == 0 ? newest : ended + 1;
}

/// Of this time, and after everything that has arrived.
MirrorStamp told_at(std::int64_t at_ms) {
  return {0, at_ms, std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

std::string_view to_string(MissedKind kind) {
  switch (kind) {
    case MissedKind::group_created:
      return "group_created";
    case MissedKind::group_changed:
      return "group_changed";
    case MissedKind::group_owner_changed:
      return "group_owner_changed";
    case MissedKind::group_destroyed:
      return "group_destroyed";
    case MissedKind::topic_created:
      return "topic_created";
    case MissedKind::topic_changed:
      return "topic_changed";
    case MissedKind::topic_destroyed:
      return "topic_destroyed";
  }
  return "";
}

bool destroys(MissedKind kind) {
  return kind == MissedKind::group_destroyed || kind == MissedKind::topic_destroyed;
}

std::vector<Missed> still_missed(const std::vector<Missed>& before, const std::vector<Missed>& now) {
  std::unordered_multimap<std::string_view, const Missed*> known;  // by topic: of each there are few
  for (const Missed& each : before) known.emplace(each.topic.view(), &each);
  std::vector<Missed> still;
  for (const Missed& each : now) {
    auto [at, end] = known.equal_range(each.topic.view());
    while (at != end && !each.is_same(*at->second)) ++at;
    if (at != end) still.push_back(each);
  }
  return still;
}

void compare_group(const SourceGroup& there, const MirrorGroup* here, std::vector<Missed>& found) {
  MirrorGroup known = here != nullptr ? *here : MirrorGroup{};
  std::int64_t at_ms = just_after(known);
  if (here == nullptr || !known.created) {
    AfterCreateGroup body;
    body.group_id = there.group;
    body.owner_account = there.owner.value_or(UserId(known.owner.value));
    body.type = there.type;
    body.name = there.name.value_or(known.name.value);
    const std::int64_t created = created_ms(there, known.destroyed.time_ms, newest_ms(known));
    found.push_back({MissedKind::group_created, there.group, {}, body, created});
    at_ms = std::max(at_ms, created);
    // What it tells is not told again, but what goes with it is: where nothing says when a text was set,
    // the text counts as one of an earlier life.
    merge_created(known, body, {}, told_at(created));
  }
  AfterGroupInfoChanged changed;
  changed.group_id = there.group;
  changed.type = there.type;
  if (take_changes(there, known, changed)) {
    found.push_back({MissedKind::group_changed, there.group, {}, changed, at_ms});
  }
  if (there.owner && differs(there.owner->str(), known.owner)) {
    AfterChangeGroupOwner body;
    body.group_id = there.group;
    body.type = there.type;
    body.old_owner_account = UserId(known.owner.value);
    body.new_owner_account = *there.owner;
    found.push_back({MissedKind::group_owner_changed, there.group, {}, body, at_ms});
  }
}

namespace {

void compare_topic(const SourceGroup& group, const SourceTopic& there, const MirrorTopic* here,
                   std::int64_t ended_ms, std::vector<Missed>& found) {
  MirrorTopic known = here != nullptr ? *here : MirrorTopic{};
  std::int64_t at_ms = just_after(known);
  if (here == nullptr || !known.created) {
    AfterCreateTopic body;
    body.group_id = group.group;
    body.topic_id = there.topic;
    body.owner_account = group.owner.value_or(UserId());
    body.type = group.type;
    body.name = there.name.value_or(known.name.value);
    const std::int64_t created =
        created_ms(there, std::max(known.destroyed.time_ms, ended_ms), newest_ms(known));
    found.push_back({MissedKind::topic_created, group.group, there.topic, body, created});
    at_ms = std::max(at_ms, created);
    merge_created(known, body, {}, told_at(created));
  }
  AfterTopicInfoChanged changed;
  changed.group_id = group.group;
  changed.topic_id = there.topic;
  changed.type = group.type;
  if (take_changes(there, known, changed)) {
    found.push_back({MissedKind::topic_changed, group.group, there.topic, changed, at_ms});
  }
}

}  // namespace

void compare_topics(const SourceGroup& group, std::span<const SourceTopic> there,
                    std::span<const MirrorTopic> here, std::int64_t ended_ms,
                    std::vector<Missed>& found) {
  std::unordered_map<TopicId, const MirrorTopic*> known;
  for (const MirrorTopic& topic : here) known.emplace(topic.topic, &topic);
  for (const SourceTopic& topic : there) {
    // The mirror has it with the group that its id names, however often it is told.
    if (store::parent_of(topic.topic, group.group) != group.group) continue;
    const auto entry = known.find(topic.topic);
    compare_topic(group, topic, entry == known.end() ? nullptr : entry->second, ended_ms, found);
    if (entry != known.end()) known.erase(entry);
  }
  for (const MirrorTopic& topic : here) {
    if (!topic.alive() || !known.contains(topic.topic)) continue;
    AfterTopicDestroyed body;
    body.group_id = group.group;
    body.type = group.type;
    body.topic_id_list = {topic.topic};
    found.push_back(
        {MissedKind::topic_destroyed, group.group, topic.topic, body, just_after(topic)});
  }
}

void group_is_gone(const MirrorGroup& here, std::span<const MirrorTopic> topics,
                   std::vector<Missed>& found) {
  std::int64_t at_ms = just_after(here);
  for (const MirrorTopic& topic : topics) at_ms = std::max(at_ms, just_after(topic));
  AfterGroupDestroyed body;
  body.group_id = here.group;
  body.type = here.type;
  body.owner_account = UserId(here.owner.value);
  body.name = here.name.value;
  found.push_back({MissedKind::group_destroyed, here.group, {}, body, at_ms});
}

Callback callback_of(const Missed& missed, SdkAppId app, std::int64_t now_ms) {
  Callback callback;
  callback.app = app;
  callback.via = store::InboxVia::reconciliation;
  callback.parsed.value = missed.value;
  std::visit(
      [&](auto& body) {
        if constexpr (CallbackBody<std::remove_cvref_t<decltype(body)>>) {
          body.event_time_ms = missed.at_ms != 0 ? missed.at_ms : now_ms;
          callback.parsed.command = body.kCommand;
          callback.body = write_callback(body, AdditiveMembers::all);
        }
      },
      callback.parsed.value);
  // The same may have to be told again, word for word, when it has ended meanwhile.
  callback.key = inbox_key(app, "", callback.parsed.command, callback.body + std::to_string(now_ms));
  return callback;
}

}  // namespace tidings::receiver
