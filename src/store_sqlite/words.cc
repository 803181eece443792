#include "store_sqlite/words.h"

namespace tidings::sqlite {

Result<Words> Words::prepare(Database& database) {
  Words words;
  TRY(words.by_text_, database.prepare("SELECT id FROM word WHERE text = ?"));
  TRY(words.by_number_, database.prepare("SELECT text FROM word WHERE id = ?"));
  TRY(words.insert_,
      database.prepare("INSERT INTO word(text) SELECT ?1 WHERE (SELECT count(*) FROM word) < ?2 "
                       "RETURNING id"));
  return words;
}

Result<Word> Words::find(std::string_view text) {
  if (text.empty()) return Word{std::int64_t{0}};
  const auto known = numbers_.find(std::string{text});
  if (known != numbers_.end()) return Word{known->second};
  auto rows = by_text_.query(text);
  TRY(const bool found, rows.next());
  if (!found) return Word{text};
  numbers_.emplace(text, rows.integer(0));
  return Word{rows.integer(0)};
}

Result<Word> Words::number_of(std::string_view text) {
  TRY(const Word known, find(text));
  if (std::holds_alternative<std::int64_t>(known)) return known;
  auto rows = insert_.query(text, kWordsKept);
  TRY(const bool inserted, rows.next());
  if (!inserted) return known;
  const std::int64_t number = rows.integer(0);
  TRY_VOID(rows.next());  // to the end of the statement, which does the insert
  numbers_.emplace(text, number);
  return Word{number};
}

Result<std::string> Words::text_at(const Rows& rows, int column) {
  if (!rows.is_integer(column)) return std::string{rows.text(column)};
  const std::int64_t number = rows.integer(column);
  if (number == 0) return std::string{};
  const auto known = texts_.find(number);
  if (known != texts_.end()) return known->second;
  auto found = by_number_.query(number);
  TRY(const bool exists, found.next());
  if (!exists) return fail(Errc::corrupt, "a word is missing in the store: restore a backup");
  return texts_.emplace(number, found.text(0)).first->second;
}

}  // namespace tidings::sqlite
