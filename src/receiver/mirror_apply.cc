#include "receiver/mirror_apply.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "receiver/mirror_merge.h"

namespace tidings::receiver {
namespace {

using store::MirrorGroup;
using store::MirrorGroupKey;
using store::MirrorNeeds;
using store::MirrorStamp;
using store::MirrorTopic;
using store::MirrorTopicKey;
using store::MirrorView;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

template <class Body>
ProfileChange profile_of(const Body& body) {
  return {body.name, body.introduction, body.notification, body.face_url};
}

bool end_with_group(MirrorTopic& topic, const MirrorGroup& group) {
  bool changed = mark_seen(topic, group.group, topic.type, group.destroyed);
  changed |= merge_destroyed(topic, group.destroyed);
  return changed;
}

void end_topics(MirrorView& view, const MirrorGroup& group) {
  for (const MirrorTopicKey& key : view.topics_of(group.key())) {
    MirrorTopic topic = *view.topic(key);
    if (end_with_group(topic, group)) view.put(std::move(topic));
  }
  view.ended(group.key());
}

/// One callback at work on a View.
class Application {
 public:
  Application(const Callback& callback, const MirrorStamp& stamp, MirrorView& view)
      : callback_(callback), stamp_(stamp), view_(view) {}

  void operator()(const AfterCreateTopic& body) {
    MirrorTopic topic = load(body.topic_id);
    bool changed = join_group(topic, body.group_id);
    changed |= mark_seen(topic, body.group_id, body.type, stamp_);
    changed |= merge_created(topic, body, callback_.parsed.user_defined_data_raw, stamp_);
    if (changed) view_.put(std::move(topic));
  }

  void operator()(const AfterTopicInfoChanged& body) {
    if (body.topic_id.empty()) return mark_reread(body.group_id);
    MirrorTopic topic = load(body.topic_id);
    bool changed = join_group(topic, body.group_id);
    changed |= mark_seen(topic, body.group_id, body.type, stamp_);
    changed |= merge_changed(topic, profile_of(body), stamp_);
    if (changed) view_.put(std::move(topic));
  }

  void operator()(const AfterTopicDestroyed& body) {
    for (const TopicId& id : body.topic_id_list) {
      MirrorTopic topic = load(id);
      bool changed = join_group(topic, body.group_id);
      changed |= mark_seen(topic, body.group_id, body.type, stamp_);
      changed |= merge_destroyed(topic, stamp_);
      if (changed) view_.put(std::move(topic));
    }
  }

  void operator()(const AfterCreateGroup& body) {
    MirrorGroup group = load(body.group_id);
    bool changed = merge_type(group, body.type);
    const bool created = merge_created(group, body, callback_.parsed.user_defined_data_raw, stamp_);
    // What was made of the source's answers does not say who the first members were.
    if (created && callback_.via == store::InboxVia::reconciliation) group.initial_members.reset();
    if (changed || created) view_.put(std::move(group));
  }

  void operator()(const AfterGroupInfoChanged& body) {
    MirrorGroup group = load(body.group_id);
    bool changed = merge_type(group, body.type);
    changed |= merge_changed(group, profile_of(body), stamp_);
    if (changed) view_.put(std::move(group));
  }

  void operator()(const AfterChangeGroupOwner& body) {
    MirrorGroup group = load(body.group_id);
    bool changed = merge_type(group, body.type);
    changed |= merge_owner(group, body.new_owner_account, stamp_);
    if (changed) view_.put(std::move(group));
  }

  void operator()(const AfterNewMemberJoin& body) {
    count_members(body.group_id, body.type, static_cast<std::int64_t>(body.new_member_list.size()));
  }

  void operator()(const AfterMemberExit& body) {
    count_members(body.group_id, body.type,
                  -static_cast<std::int64_t>(body.exit_member_list.size()));
  }

  void operator()(const AfterGroupFull& body) {
    MirrorGroup group = load(body.group_id);
    if (merge_full(group, stamp_)) view_.put(std::move(group));
  }

  void operator()(const AfterGroupDestroyed& body) {
    MirrorGroup group = load(body.group_id);
    bool changed = merge_type(group, body.type);
    changed |= merge_destroyed(group, stamp_);
    if (!changed) return;
    end_topics(view_, group);
    view_.put(std::move(group));
  }

  /// Everything else says nothing about the mirror.
  template <class Other>
  void operator()(const Other&) {}

 private:
  [[nodiscard]] MirrorTopic load(const TopicId& id) const {
    if (const MirrorTopic* row = view_.topic({callback_.app, id})) return *row;
    MirrorTopic topic;
    topic.app = callback_.app;
    topic.topic = id;
    return topic;
  }

  [[nodiscard]] MirrorGroup load(const GroupId& id) const {
    if (const MirrorGroup* row = view_.group({callback_.app, id})) return *row;
    MirrorGroup group;
    group.app = callback_.app;
    group.group = id;
    return group;
  }

  /// A group that is gone takes along topics that are heard of only now.
  bool join_group(MirrorTopic& topic, const GroupId& given) {
    const MirrorGroup* group = view_.group({callback_.app, store::parent_of(topic.topic, given)});
    return group != nullptr && group->destroyed && end_with_group(topic, *group);
  }

  void mark_reread(const GroupId& id) {
    MirrorGroup group = load(id);
    if (merge_reread(group, stamp_)) view_.put(std::move(group));
  }

  void count_members(const GroupId& id, const std::string& type, std::int64_t by) {
    MirrorGroup group = load(id);
    bool changed = merge_type(group, type);
    changed |= merge_members(group, by, stamp_);
    if (changed) view_.put(std::move(group));
  }

  const Callback& callback_;
  const MirrorStamp& stamp_;
  MirrorView& view_;
};

}  // namespace

std::int64_t event_time_ms(const CallbackValue& value) {
  return std::visit(Overloaded{[](const std::monostate&) -> std::int64_t { return 0; },
                               [](const auto& body) { return body.event_time_ms.value_or(0); }},
                    value);
}

GroupId group_of(const CallbackValue& value) {
  return std::visit(
      [](const auto& body) -> GroupId {
        if constexpr (requires { body.group_id; }) {
          return body.group_id;
        } else {
          return {};
        }
      },
      value);
}

void go_on_ending(MirrorView& view) {
  for (const MirrorGroupKey& key : view.ending) {
    const MirrorGroup* const group = view.group(key);
    if (group != nullptr && group->destroyed) {
      end_topics(view, *group);
    } else {
      view.endings[key] = {};  // cannot be, and must not come again and again
    }
  }
}

void add_needs(const Callback& callback, MirrorNeeds& needs) {
  const SdkAppId app = callback.app;
  needs.apps.push_back(app);
  needs.keys.push_back(callback.key);
  const auto add_topic = [&](const TopicId& topic, const GroupId& given) {
    needs.topics.push_back({app, topic});
    needs.groups.push_back({app, store::parent_of(topic, given)});
  };
  const GroupId group = group_of(callback.parsed.value);
  std::visit(Overloaded{[&](const AfterCreateTopic& body) { add_topic(body.topic_id, group); },
                        [&](const AfterTopicInfoChanged& body) {
                          if (!body.topic_id.empty()) return add_topic(body.topic_id, group);
                          needs.groups.push_back({app, group});
                        },
                        [&](const AfterTopicDestroyed& body) {
                          for (const TopicId& topic : body.topic_id_list) add_topic(topic, group);
                        },
                        [&](const AfterGroupDestroyed&) {
                          needs.groups.push_back({app, group});
                          needs.topics_of.push_back({app, group});
                        },
                        [&](const auto&) {
                          if (!group.empty()) needs.groups.push_back({app, group});
                        }},
             callback.parsed.value);
}

namespace {

/// What a RequestID of `tidings serve` begins with (UUID version 7); 0: it is none.
std::int64_t request_time_ms(std::string_view id) {
  if (id.size() != 36 || id[8] != '-' || id[13] != '-' || id[14] != '7') return 0;
  const std::string digits = std::string(id.substr(0, 8)) + std::string(id.substr(9, 4));
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
  return error == std::errc{} && end == digits.data() + digits.size() ? ms : 0;
}

/// How far the clocks of source and receiver may be apart; less where keys are kept for less than two hours.
constexpr std::int64_t kClockMarginMs = 3'600'000;

/// Where a callback's number has arrived before, what its time says of it.
enum class Known { no, again, as_another };

/// Its key may have been forgotten with its inbox entry, but not its number. A new event has that number
/// only where a replaced source numbers anew: if it had come before, its key would be known. A number that
/// was given up has not arrived.
Known known_by_number(const Callback& callback, const MirrorView& view) {
  if (callback.sequence <= 0 || !view.sequences(callback.app).arrived(callback.sequence)) {
    return Known::no;
  }
  std::int64_t time_ms = event_time_ms(callback.parsed.value);
  if (time_ms == 0) time_ms = request_time_ms(callback.request_id);
  if (time_ms == 0) return Known::no;
  // Where a clock that ran ahead had keys purged, keys_since_ms() may be yet to come: what is sent now
  // has not come again for that. Keys are kept for an hour at least (config).
  const std::int64_t again_before_ms =
      std::min(view.keys_since_ms(), view.now_ms() - kClockMarginMs);
  if (time_ms < again_before_ms) return Known::again;
  const std::int64_t keys_kept_ms =
      std::max<std::int64_t>(view.received_ms() - view.keys_since_ms(), 0);
  const std::int64_t margin_ms = std::min(kClockMarginMs, keys_kept_ms / 2);
  return time_ms - margin_ms < view.keys_since_ms() ? Known::no : Known::as_another;
}

}  // namespace

Applied apply(Callback&& callback, MirrorView& view) {
  const Known known = view.seen(callback.key) ? Known::again : known_by_number(callback, view);
  if (known == Known::as_another) view.renumbered(callback.app, callback.sequence);
  if (callback.sequence > 0) {
    view.mark(callback.app, store::SequenceRange{callback.sequence, callback.sequence});
  }
  if (known == Known::again) {
    view.count_duplicate(callback.app);
    return Applied::duplicate;
  }
  const bool ordered = callback.sequence > view.sequences(callback.app).used_twice;
  const MirrorStamp stamp{ordered ? callback.sequence : 0, event_time_ms(callback.parsed.value),
                          view.next_id()};
  Application application(callback, stamp, view);
  std::visit(application, callback.parsed.value);

  if (callback.via == store::InboxVia::feed) view.count_filled(callback.app);
  store::InboxEntry entry;
  entry.key = callback.key;
  entry.app = callback.app;
  entry.command = std::move(callback.parsed.command);
  entry.group = group_of(callback.parsed.value);
  entry.event_time_ms = stamp.time_ms;
  entry.sequence = callback.sequence;
  entry.request_id = std::move(callback.request_id);
  entry.client_ip = std::move(callback.client_ip);
  entry.opt_platform = std::move(callback.opt_platform);
  entry.target = std::move(callback.target);
  entry.via = callback.via;
  entry.body = std::move(callback.body);
  view.add(std::move(entry));
  return Applied::accepted;
}

void give_back(store::InboxEntry& entry, Callback& callback) {
  callback.parsed.command = std::move(entry.command);
  callback.request_id = std::move(entry.request_id);
  callback.client_ip = std::move(entry.client_ip);
  callback.opt_platform = std::move(entry.opt_platform);
  callback.target = std::move(entry.target);
  callback.body = std::move(entry.body);
}

}  // namespace tidings::receiver
