/// For the receiver's tests: callbacks made from bodies, and a mirror that is nothing but a View.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "receiver/mirror_apply.h"

namespace tidings::receiver::testing {

inline const SdkAppId kApp{1400112233};
inline const std::string kGroup = "@TGS#_@TGS#cBJYDIIM62CB";
inline const std::string kTopic = "@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_woodwork";

/// A verified callback. Without `request_id` its key is the hash of its body.
inline Callback callback_of(const std::string& body, std::int64_t sequence = 0,
                            std::string request_id = {}) {
  Callback made;
  made.app = kApp;
  made.parsed = parse_callback(body).value();
  made.body = body;
  made.key = inbox_key(kApp, request_id, made.parsed.command, body);
  made.request_id = std::move(request_id);
  made.sequence = sequence;
  return made;
}

/// Everything it is asked to load it holds already, or it does not exist.
class ViewMirror {
 public:
  Applied take(Callback callback) {
    store::MirrorNeeds needs;
    add_needs(callback, needs);
    for (const SdkAppId app : needs.apps) {
      view_.tallies.load(app, std::nullopt);
      view_.sequence_rows.try_emplace(app);
    }
    for (const auto& key : needs.keys) view_.keys.try_emplace(key, false);
    for (const auto& key : needs.topics) view_.topics.load(key, std::nullopt);
    for (const auto& key : needs.groups) view_.groups.load(key, std::nullopt);
    for (const auto& key : needs.topics_of) view_.topics_loaded.push_back({key});
    return apply(std::move(callback), view_);
  }
  [[nodiscard]] const store::MirrorTopic* topic(const std::string& id) const {
    const store::MirrorTopicKey key{kApp, TopicId{id}};
    return view_.topics.known(key) ? view_.topics.find(key) : nullptr;
  }
  [[nodiscard]] const store::MirrorGroup* group(const std::string& id) const {
    const store::MirrorGroupKey key{kApp, GroupId{id}};
    return view_.groups.known(key) ? view_.groups.find(key) : nullptr;
  }
  [[nodiscard]] const store::MirrorView& view() const { return view_; }
  [[nodiscard]] store::MirrorView& view() { return view_; }
  [[nodiscard]] store::MirrorTally tally() const { return view_.tally(kApp); }

 private:
  store::MirrorView view_{1'735'689'600'000};
};

/// Rows without what depends on the order of arrival.
inline store::MirrorTopic settled(store::MirrorTopic topic) {
  topic.row = topic.updated_ms = 0;
  for (store::MirrorStamp* stamp :
       {&topic.seen, &topic.created, &topic.destroyed, &topic.name.stamp,
        &topic.introduction.stamp, &topic.notification.stamp, &topic.face_url.stamp}) {
    stamp->arrival = *stamp ? 1 : 0;
  }
  return topic;
}
inline store::MirrorGroup settled(store::MirrorGroup group) {
  group.row = group.updated_ms = 0;
  for (store::MirrorStamp* stamp :
       {&group.created, &group.destroyed, &group.owner.stamp, &group.name.stamp,
        &group.introduction.stamp, &group.notification.stamp, &group.face_url.stamp,
        &group.members, &group.full, &group.reread}) {
    stamp->arrival = *stamp ? 1 : 0;
  }
  return group;
}

}  // namespace tidings::receiver::testing
