#include "store_sqlite/topic_queries.h"

#include <string>
#include <utility>

#include "store_sqlite/mirror_rows.h"
#include "store_sqlite/topic_number.h"
#include "tidings/identifier.h"

namespace tidings::sqlite {
namespace {

using store::MirrorTopic;

std::string select_topic(const std::string& where) {
  return "SELECT " + std::string(kMirrorTopicColumns) + " FROM mirror_topic WHERE " + where;
}

Result<std::optional<MirrorTopic>> one(Rows rows) {
  TRY(const bool found, rows.next());
  if (!found) return std::optional<MirrorTopic>{};
  TRY(auto topic, read_mirror_topic(rows));
  return std::optional(std::move(topic));
}

}  // namespace

Result<void> TopicQueries::prepare(Database& database) {
  TRY(by_number_, database.prepare(select_topic("number = ? AND parent = ? AND topic = ?")));
  TRY(by_text_, database.prepare(select_topic("number IS NULL AND app = ? AND topic = ?")));
  TRY(parent_, database.prepare("SELECT row, last FROM mirror_parent JOIN mirror_chain "
                                "ON parent = row WHERE app = ? AND grp = ?"));
  TRY(at_, database.prepare("SELECT " + std::string(kMirrorTopicColumns) +
                            ", parent, before FROM mirror_topic WHERE row = ?"));
  TRY(given_, database.prepare(
                  select_topic("app = ? AND grp = ? AND mismatch = 1 AND row > ? ORDER BY row")));
  return {};
}

Result<std::optional<MirrorTopic>> TopicQueries::find(const store::MirrorTopicKey& key) {
  const auto number = topic_number(key.topic.view());
  if (!number) return find_custom(key);
  TRY(const TopicParent named, parent(key.app, *parent_group(key.topic.view())));
  return find(key, named, number);
}

Result<std::optional<MirrorTopic>> TopicQueries::find(const store::MirrorTopicKey& key,
                                                      const TopicParent& parent,
                                                      std::optional<std::int64_t> number) {
  if (parent.row == 0) return std::optional<MirrorTopic>{};
  if (!number) return find_custom(key);
  return one(by_number_.query(*number, parent.row, key.topic));
}

Result<std::optional<MirrorTopic>> TopicQueries::find_custom(const store::MirrorTopicKey& key) {
  return one(by_text_.query(key.app, key.topic));
}

Result<TopicParent> TopicQueries::parent(SdkAppId app, const GroupId& group) {
  auto rows = parent_.query(app, group);
  TRY(const bool found, rows.next());
  return found ? TopicParent{rows.integer(0), rows.integer(1)} : TopicParent{};
}

Result<std::optional<ChainedTopic>> TopicQueries::at(std::int64_t row) {
  auto rows = at_.query(row);
  TRY(const bool found, rows.next());
  if (!found) return std::optional<ChainedTopic>{};
  TRY(auto topic, read_mirror_topic(rows));
  return std::optional(ChainedTopic{std::move(topic), rows.integer(kMirrorTopicColumnCount),
                                    rows.integer(kMirrorTopicColumnCount + 1)});
}

}  // namespace tidings::sqlite
