#include "receiver/mirror_json.h"

#include <algorithm>
#include <string_view>

#include "receiver/gap_keeper.h"
#include "receiver/reconciler.h"
#include "receiver/request_target.h"
#include "tidings/json.h"

namespace tidings::receiver {
namespace {

using store::MirrorStamp;
using store::MirrorText;

/// One object, member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void number(std::string_view name, std::int64_t value) {
    key(name);
    out_ += std::to_string(value);
  }
  void number(std::string_view name, std::optional<std::int64_t> value) {
    value ? number(name, *value) : null(name);
  }
  void truth(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  void null(std::string_view name) {
    key(name);
    out_ += "null";
  }
  /// JSON already; empty: null.
  void raw(std::string_view name, std::string_view json) {
    if (json.empty()) return null(name);
    key(name);
    out_ += json;
  }
  void known(std::string_view name, const MirrorText& value) {
    value.stamp ? text(name, value.value) : null(name);
  }
  void stamp(std::string_view name, const MirrorStamp& value) {
    if (!value) return null(name);
    key(name);
    ObjectWriter inner(out_);
    inner.number("inbox_id", value.arrival);
    if (value.sequence != 0) inner.number("sequence", value.sequence);
    if (value.time_ms != 0) inner.number("time_ms", value.time_ms);
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;  // our own names, nothing to escape
    out_ += "\":";
  }
  std::string& out_;
  bool first_ = true;
};

}  // namespace

void append_topic(std::string& out, const store::MirrorTopic& topic) {
  ObjectWriter object(out);
  object.number("sdkappid", topic.app.number());
  object.text("topic_id", topic.topic.view());
  object.text("group_id", topic.group.view());
  object.truth("group_mismatch", topic.group_mismatch);
  object.text("state", topic.alive() ? "alive" : "destroyed");
  object.text("type", topic.type);
  object.known("name", topic.name);
  object.known("introduction", topic.introduction);
  object.known("notification", topic.notification);
  object.known("face_url", topic.face_url);
  object.raw("user_defined_data", topic.user_defined_data);
  const bool told = static_cast<bool>(topic.created);
  told ? object.text("owner_account", topic.owner.view()) : object.null("owner_account");
  told ? object.text("operator_account", topic.operator_account.view())
       : object.null("operator_account");
  object.stamp("created", topic.created);
  object.stamp("destroyed", topic.destroyed);
  object.stamp("seen", topic.seen);
  object.number("updated_ms", topic.updated_ms);
}

void append_group(std::string& out, const store::MirrorGroup& group) {
  ObjectWriter object(out);
  object.number("sdkappid", group.app.number());
  object.text("group_id", group.group.view());
  object.text("state", group.alive() ? "alive" : "destroyed");
  object.text("type", group.type);
  object.known("name", group.name);
  object.known("introduction", group.introduction);
  object.known("notification", group.notification);
  object.known("face_url", group.face_url);
  object.raw("user_defined_data", group.user_defined_data);
  object.known("owner_account", group.owner);
  group.created ? object.text("operator_account", group.operator_account.view())
                : object.null("operator_account");
  object.number("member_num", group.member_num());
  object.number("member_change", group.member_change);
  object.truth("needs_reread", static_cast<bool>(group.reread));
  object.stamp("created", group.created);
  object.stamp("destroyed", group.destroyed);
  object.stamp("full", group.full);
  object.stamp("reread", group.reread);
  object.number("updated_ms", group.updated_ms);
}

namespace {

std::string_view via_text(store::InboxVia via) {
  if (via == store::InboxVia::reconciliation) return "reconciliation";
  return via == store::InboxVia::feed ? "feed" : "callback";
}

}  // namespace

void append_inbox_entry(std::string& out, const store::InboxEntry& entry) {
  ObjectWriter object(out);
  object.number("id", entry.id);
  object.number("sdkappid", entry.app.number());
  object.text("command", entry.command);
  object.text("group_id", entry.group.view());
  object.number("received_ms", entry.received_ms);
  entry.event_time_ms != 0 ? object.number("event_time_ms", entry.event_time_ms)
                           : object.null("event_time_ms");
  entry.sequence != 0 ? object.number("sequence", entry.sequence) : object.null("sequence");
  object.text("request_id", entry.request_id);
  object.text("client_ip", entry.client_ip);
  object.text("opt_platform", entry.opt_platform);
  object.text("via", via_text(entry.via));
  const std::string target =
      whole_target(entry.target, {entry.app, entry.command, entry.client_ip, entry.opt_platform,
                                  entry.request_id});
  target.empty() ? object.null("target") : object.text("target", target);
  object.raw("query", query_object(target));
  object.raw("body", entry.body);
}

void append_tally(std::string& out, SdkAppId app, const store::MirrorTally& tally) {
  ObjectWriter object(out);
  object.number("sdkappid", app.number());
  object.number("accepted", tally.accepted);
  object.number("duplicates", tally.duplicates);
  object.number("max_sequence", tally.max_sequence);
  object.number("topics", tally.topics);
  object.number("topic_tombstones", tally.topic_tombstones);
  object.number("groups", tally.groups);
  object.number("group_tombstones", tally.group_tombstones);
}

std::string source_replaced_text(SdkAppId app) {
  return "numbers that had arrived came again for other callbacks: the source was replaced, by a backup or "
         "a new one. Changes count in the order of their arrival now, and what is missed is not noticed; "
         "stop the receiver, run `tidings forget-numbers " +
         app.str() + "`, and start it again (docs/pull-feed.md)";
}

void append_gaps(std::string& out, SdkAppId app, const store::MirrorSequences& row,
                 const GapStatus& status) {
  constexpr std::size_t kShown = 100;
  std::string ranges = "[";
  // The newest number may be missing as well, and only the source knows it.
  const std::int64_t last = std::max(row.have.highest(), status.source_last);
  for (const auto& range : row.have.holes(status.floor, last, kShown)) {
    if (ranges.size() > 1) ranges += ',';
    ranges += "[" + std::to_string(range.first) + "," + std::to_string(range.last) + "]";
  }
  ranges += "]";
  ObjectWriter object(out);
  object.number("sdkappid", app.number());
  object.number("contiguous", row.have.contiguous());
  object.number("highest", row.have.highest());
  object.number("open", status.open);
  object.raw("missing", ranges);
  object.number("seen", status.seen);
  object.number("filled", row.filled);
  object.number("gone", row.gone);
  object.number("unreadable", status.unreadable);
  object.number("renumbered", row.renumbered);
  if (status.source.empty()) {
    object.null("source");
  } else {
    std::string source;
    {
      ObjectWriter inner(source);
      inner.text("url", status.source);
      inner.truth("answers", status.source_answers);
      inner.number("last", status.source_last);
      status.asked_ms == 0 ? inner.null("asked_ms") : inner.number("asked_ms", status.asked_ms);
    }
    object.raw("source", source);
  }
  const std::string trouble = row.renumbered > 0 ? source_replaced_text(app) : status.trouble;
  trouble.empty() ? object.null("trouble") : object.text("trouble", trouble);
}

void append_reconciliation(std::string& out, const ReconcileStatus& status) {
  std::string healed;
  {
    ObjectWriter inner(healed);
    for (const MissedKind kind : kMissedKinds) {
      inner.number(to_string(kind), status.healed[static_cast<std::size_t>(kind)]);
    }
  }
  ObjectWriter object(out);
  const auto time = [&](std::string_view name, std::int64_t at_ms) {
    at_ms == 0 ? object.null(name) : object.number(name, at_ms);
  };
  object.number("sdkappid", status.app.number());
  object.text("source", status.source);
  object.truth("running", status.running);
  time("started_ms", status.started_ms);
  time("completed_ms", status.completed_ms);
  object.number("groups", status.groups);
  object.number("topics", status.topics);
  object.raw("healed", healed);
  object.number("held", status.held);
  status.trouble.empty() ? object.null("trouble") : object.text("trouble", status.trouble);
}

void append_feed_event(std::string& out, const store::InboxEntry& entry) {
  std::string data;
  append_inbox_entry(data, entry);
  out += "id: " + std::to_string(entry.id) + "\nevent: callback\n";
  std::string_view rest = data;
  while (true) {
    const std::size_t end = rest.find_first_of("\r\n");
    out += "data: ";
    out += rest.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  out += '\n';
}

}  // namespace tidings::receiver
