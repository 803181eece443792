// What an operator's filter finds (EventQueries::list, summarize, jobs).
//
// Pending events have a table and dead and cancelled ones an index of their own, which goes in the order
// of app_sequence within an app. A filter that names only such states reads one branch per state and
// merges them; any other walks along the app's sequence. Rows of pending of an app that was deleted are of
// events that were cancelled with it (schema.cc, "deleted apart").
#include <algorithm>
#include <limits>

#include "store_sqlite/event_job_rows.h"
#include "store_sqlite/event_queries.h"

namespace tidings::sqlite {

using store::EventFilter;
using store::EventRecord;
using store::EventState;
using store::StateSet;

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
const std::string kParkedCondition = "p.next_attempt_ms = " + std::to_string(store::kParked);

/// What a row of pending says.
struct Waiting {
  explicit Waiting(bool deleted)
      : as(deleted ? EventState::cancelled : EventState::pending),
        state(std::to_string(static_cast<int>(as))),
        next_attempt(deleted ? "0" : "p.next_attempt_ms"),
        since(deleted ? "(SELECT at_ms FROM deleted_app WHERE sdkappid = ?1)" : "p.changed_ms") {}
  EventState as;
  std::string state, next_attempt, since;
};

// States are written into the text, so that SQLite sees that a partial index fits.
std::string is_state(EventState state) {
  return "d.state = " + std::to_string(static_cast<int>(state));
}

std::string any_of(StateSet states, const Waiting& waiting) {
  std::string text = "0";
  const auto append = [&text](const std::string& condition) { text += " OR " + condition; };
  for (const auto state : {EventState::delivered, EventState::dead, EventState::cancelled}) {
    if (states.names(state)) append(is_state(state));
  }
  if (states.names(waiting.as)) append("p.seq IS NOT NULL");
  if (states.names_parked() && waiting.as == EventState::pending) append(kParkedCondition);
  return text;
}

std::string conditions(const EventFilter& filter) {
  std::string sql;
  sql += filter.group ? " AND e.group_id = ?3" : " AND ?3 IS NULL";
  sql += filter.command ? " AND e.command = ?4" : " AND ?4 IS NULL";
  sql += " AND e.time_ms >= ?5 AND e.time_ms < ?6 AND e.app_sequence <= ?7";
  sql += filter.topic ? " AND instr(e.body, ?8) > 0" : " AND ?8 IS NULL";
  return sql;
}

/// One SELECT; together they find what the filter names, each event once.
struct Branch {
  std::string state;  ///< columns: state, attempts, next_attempt_ms, changed_ms, last_outcome
  std::string from;   ///< FROM and WHERE; an ORDER BY has no place within a UNION
  std::string order;  ///< ORDER BY
};

/// Along the app's sequence.
Branch through_all(StateSet states, const Waiting& waiting, const std::string& rest) {
  std::string from =
      " FROM event e LEFT JOIN ended d ON d.seq = e.seq LEFT JOIN pending p "
      "ON p.sdkappid = e.sdkappid AND p.seq = e.seq "
      "WHERE e.sdkappid = ?1 AND e.app_sequence > ?2 AND (" +
      (states.all() ? "coalesce(d.seq, p.seq) IS NOT NULL" : any_of(states, waiting)) + ")";
  return {"coalesce(d.state, " + waiting.state + "), coalesce(d.attempts, p.attempts), " +
              "coalesce(" + waiting.next_attempt + ", 0), coalesce(d.changed_ms, " + waiting.since +
              "), coalesce(d.last_outcome, p.last_outcome)",
          from + rest, " ORDER BY e.app_sequence"};
}

/// `table` is ended or pending, `as` its alias in `condition`.
std::string from_table(const std::string& table, const std::string& as,
                       const std::string& condition) {
  return " FROM " + table + " " + as + " CROSS JOIN event e ON e.seq = " + as + ".seq WHERE " + as +
         ".sdkappid = ?1 AND " + condition + " AND " + as +
         ".seq > coalesce((SELECT max(seq) FROM event WHERE sdkappid = ?1 AND app_sequence = ?2), 0) "
         "AND e.app_sequence > ?2";
}

std::vector<Branch> branches(const EventFilter& filter, const Waiting& waiting) {
  const StateSet states = filter.states;
  const std::string rest = conditions(filter);
  if (states.all() || states.names(EventState::delivered)) {
    return {through_all(states, waiting, rest)};
  }
  std::vector<Branch> found;
  const bool parked = states.names_parked() && waiting.as == EventState::pending;
  if (states.names(waiting.as) || parked) {
    const std::string condition = states.names(waiting.as) ? "1" : kParkedCondition;
    found.push_back({waiting.state + ", p.attempts, " + waiting.next_attempt + ", " + waiting.since +
                         ", p.last_outcome",
                     from_table("pending", "p", condition) + rest, " ORDER BY p.seq"});
  }
  for (const auto state : {EventState::dead, EventState::cancelled}) {
    if (!states.names(state)) continue;
    found.push_back({"d.state, d.attempts, 0, d.changed_ms, d.last_outcome",
                     from_table("ended", "d", is_state(state)) + rest, " ORDER BY d.seq"});
  }
  return found;
}

std::string list_text(const Branch& branch, const EventFilter& filter) {
  return "SELECT " + std::string{kEventColumns} + (filter.with_body ? ", e.body, " : ", NULL, ") +
         branch.state + branch.from + branch.order + " LIMIT " +
         std::to_string(std::min<std::size_t>(filter.limit, kHighest));
}

/// What is bound besides the app and the sequence; lives as long as the rows.
struct Bound {
  std::optional<Word> command;
  std::string topic_text;
  std::optional<Blob> topic;

  static Result<Bound> make(const EventFilter& filter, Words& words) {
    Bound bound;
    if (filter.command) {
      TRY(bound.command, words.find(*filter.command));
    }
    if (filter.topic) bound.topic_text = store::topic_in_body(*filter.topic);
    return bound;
  }
  Rows start(Statement& statement, const EventFilter& filter) {
    if (filter.topic) topic = Blob{topic_text};
    return statement.query(filter.app, filter.after_app_sequence, filter.group, command,
                           filter.from_ms.value_or(kLowest), filter.until_ms.value_or(kHighest),
                           filter.through_app_sequence, topic);
  }
};

}  // namespace

Result<bool> EventQueries::is_deleted(SdkAppId app) {
  auto rows = deleted_.query(app);
  return rows.next();
}

Result<void> EventQueries::list_branch(const EventFilter& filter, const std::string& sql,
                                       std::vector<EventRecord>& found) {
  TRY(Statement statement, database_->prepare(sql));
  TRY(Bound bound, Bound::make(filter, words_));
  auto rows = bound.start(statement, filter);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return {};
    EventRecord record;
    TRY(record.event, read_event(rows, filter.with_body));
    record.state = static_cast<EventState>(rows.integer(10));
    record.attempts = static_cast<std::int32_t>(rows.integer(11));
    record.next_attempt_ms = rows.integer(12);
    record.since_ms = rows.integer(13);
    record.settled_ms = record.state == EventState::pending ? 0 : record.since_ms;
    TRY(record.last_outcome, words_.text_at(rows, 14));
    found.push_back(std::move(record));
  }
}

Result<std::vector<EventRecord>> EventQueries::list(const EventFilter& filter) {
  std::vector<EventRecord> found;
  TRY(const bool deleted, is_deleted(filter.app));
  const std::vector<Branch> all = branches(filter, Waiting{deleted});
  for (const Branch& branch : all) {
    TRY_VOID(list_branch(filter, list_text(branch, filter), found));
  }
  if (all.size() > 1) {
    std::ranges::sort(found, {}, [](const EventRecord& each) { return each.event.app_sequence; });
    if (found.size() > filter.limit) found.resize(filter.limit);
  }
  return found;
}

Result<store::EventSummary> EventQueries::summarize(const EventFilter& filter) {
  TRY(const bool deleted, is_deleted(filter.app));
  std::string sql;
  for (const Branch& branch : branches(filter, Waiting{deleted})) {
    sql += (sql.empty() ? "SELECT count(*), count(DISTINCT g), min(t), max(t), max(a) FROM ("
                        : " UNION ALL ");
    sql += "SELECT e.group_id AS g, e.time_ms AS t, e.app_sequence AS a" + branch.from;
  }
  if (sql.empty()) return store::EventSummary{};  // of a deleted app none is pending
  TRY(Statement statement, database_->prepare(sql + ")"));
  TRY(Bound bound, Bound::make(filter, words_));
  auto rows = bound.start(statement, filter);
  TRY_VOID(rows.next());
  return store::EventSummary{rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3),
                             rows.integer(4)};
}

Result<std::vector<store::EventJob>> EventQueries::jobs(SdkAppId app) {
  return read_jobs(*database_, app);
}

}  // namespace tidings::sqlite
