#include "store/mirror_view.h"

#include "tidings/identifier.h"

namespace tidings::store {

namespace {

SequenceSet with_those_above(SequenceSet made, const SequenceSet& from, std::int64_t limit) {
  made.add(SequenceRange{limit + 1, from.contiguous()});
  for (const SequenceRange& range : from.beyond()) {
    made.add(SequenceRange{std::max(range.first, limit + 1), range.last});
  }
  return made;
}

}  // namespace

GroupId parent_of(const TopicId& topic, const GroupId& given) {
  auto parent = parent_group(topic.view());
  return parent ? std::move(*parent) : given;
}

bool MirrorView::seen(const InboxKey& key) const {
  const auto entry = keys.find(key);
  CHECK(entry != keys.end());
  return entry->second;
}

MirrorTally MirrorView::tally(SdkAppId app) const {
  const MirrorTally* row = tallies.find(app);
  return row ? *row : MirrorTally{};
}

const MirrorSequences& MirrorView::sequences(SdkAppId app) const {
  const auto entry = sequence_rows.find(app);
  CHECK(entry != sequence_rows.end());
  return entry->second.row;
}

void MirrorView::mark(SdkAppId app, SequenceRange numbers) {
  const auto entry = sequence_rows.find(app);
  CHECK(entry != sequence_rows.end());
  MirrorSequences& row = entry->second.row;
  const std::int64_t before = row.have.contiguous();
  const std::int64_t closed_now = row.have.add(numbers);
  if (closed_now > 0) {
    closed.push_back({app, {before + 1, before + closed_now}});
    row.given_up.add(closed.back().numbers);
    row.gone += closed_now;
  }
  entry->second.dirty = true;
}

void MirrorView::count_filled(SdkAppId app) {
  const auto entry = sequence_rows.find(app);
  CHECK(entry != sequence_rows.end());
  ++entry->second.row.filled;
  entry->second.dirty = true;
}

void MirrorView::give_up(SdkAppId app, SequenceRange numbers) {
  const auto entry = sequence_rows.find(app);
  CHECK(entry != sequence_rows.end());
  MirrorSequences& row = entry->second.row;
  for (const SequenceRange& hole :
       row.have.holes(numbers.first - 1, numbers.last, SequenceSet::kMaxRanges + 1)) {
    row.gone += hole.count();
    row.given_up.add(hole);
  }
  mark(app, numbers);
}

void MirrorView::renumbered(SdkAppId app, std::int64_t number) {
  const auto entry = sequence_rows.find(app);
  CHECK(entry != sequence_rows.end());
  MirrorSequences& row = entry->second.row;
  if (row.renumbered == 0) {
    row.used_twice = std::max(row.used_twice, row.have.highest());
    replaced.push_back(app);
  }
  ++row.renumbered;
  row.renumbered_to = std::max(row.renumbered_to, number);
  entry->second.dirty = true;
}

std::int64_t forget_through(const MirrorSequences& row) {
  if (row.renumbered == 0) return 0;
  return row.have.highest() > row.used_twice ? row.used_twice : row.renumbered_to;
}

void MirrorView::forget_numbers(SdkAppId app, std::int64_t through) {
  const auto entry = sequence_rows.find(app);
  CHECK(entry != sequence_rows.end());
  MirrorSequences& row = entry->second.row;
  if (row.renumbered == 0) row.used_twice = std::max(row.used_twice, row.have.highest());
  // Which of them arrived is not known: what comes again is told by its key alone.
  const SequenceSet forgotten(through, {});
  row.have = with_those_above(forgotten, row.have, row.used_twice);
  row.given_up = with_those_above(forgotten, row.given_up, row.used_twice);
  row.renumbered = row.renumbered_to = 0;
  entry->second.dirty = true;
}

std::vector<MirrorTopicKey> MirrorView::topics_of(const MirrorGroupKey& key) {
  CHECK(std::ranges::find(topics_loaded, key, &LoadedTopics::group) != topics_loaded.end());
  if (!by_group_) {
    by_group_.emplace();
    for (const auto& [topic_key, entry] : topics.entries()) {
      if (entry.row) (*by_group_)[{topic_key.app, parent_of(*entry.row)}].push_back(topic_key);
    }
  }
  std::vector<MirrorTopicKey> found;
  for (const MirrorTopicKey& each : (*by_group_)[key]) {
    if (parent_of(*topics.find(each)) == key.group) found.push_back(each);  // it may have left
  }
  return found;
}

void MirrorView::ended(const MirrorGroupKey& key) {
  const auto loaded = std::ranges::find(topics_loaded, key, &LoadedTopics::group);
  CHECK(loaded != topics_loaded.end());
  endings[key] = loaded->left;
}

bool MirrorView::leaves_topics() const {
  return more_ending ||
         std::ranges::any_of(endings, [](const auto& entry) { return entry.second.any; });
}

void MirrorView::add(InboxEntry entry) {
  MirrorTally counts = tally(entry.app);
  ++counts.accepted;
  counts.max_sequence = std::max(counts.max_sequence, entry.sequence);
  tallies.put(entry.app, counts);
  entry.id = next_id();
  entry.received_ms = received_ms();
  keys.insert_or_assign(entry.key, true);
  inbox.push_back(std::move(entry));
}

void MirrorView::count_duplicate(SdkAppId app) {
  MirrorTally counts = tally(app);
  ++counts.duplicates;
  tallies.put(app, counts);
}

void MirrorView::put(MirrorTopic topic) {
  MirrorTally counts = tally(topic.app);
  const MirrorTopic* const before = topics.find(topic.key());
  if (before != nullptr) --(before->alive() ? counts.topics : counts.topic_tombstones);
  if (by_group_ && (before == nullptr || parent_of(*before) != parent_of(topic))) {
    (*by_group_)[{topic.app, parent_of(topic)}].push_back(topic.key());
  }
  ++(topic.alive() ? counts.topics : counts.topic_tombstones);
  tallies.put(topic.app, counts);
  topic.updated_ms = received_ms();
  auto key = topic.key();
  topics.put(key, std::move(topic));
}

void MirrorView::put(MirrorGroup group) {
  MirrorTally counts = tally(group.app);
  if (const MirrorGroup* before = groups.find(group.key())) {
    --(before->alive() ? counts.groups : counts.group_tombstones);
  }
  ++(group.alive() ? counts.groups : counts.group_tombstones);
  tallies.put(group.app, counts);
  group.updated_ms = received_ms();
  auto key = group.key();
  groups.put(key, std::move(group));
}

}  // namespace tidings::store
