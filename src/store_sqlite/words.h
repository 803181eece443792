/// The dictionary of texts that repeat in millions of rows: callback commands, platforms, delivery
/// outcomes, addresses. A column that uses it holds the text's number, or the text itself once the
/// dictionary has kWordsKept entries (so that texts chosen by strangers cannot fill memory).
///
/// Threads: those of its connection. Lifetime: ends before its Database. After a rollback the
/// writer's copy may know numbers that are gone: make a new one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "store_sqlite/database.h"

namespace tidings::sqlite {

inline constexpr std::size_t kWordsKept = 4096;
/// What is bound for a text; the view is the argument's own.
using Word = std::variant<std::int64_t, std::string_view>;

class Words {
 public:
  static Result<Words> prepare(Database& database);

  Words() = default;

  /// For writing: gives a new text a number inside the open transaction.
  Result<Word> number_of(std::string_view text);
  /// For filters: never writes; a text without a number stands for itself.
  Result<Word> find(std::string_view text);
  /// For reading: the text in a column; 0 is "".
  Result<std::string> text_at(const Rows& rows, int column);

 private:
  std::unordered_map<std::string, std::int64_t> numbers_;
  std::unordered_map<std::int64_t, std::string> texts_;
  Statement by_text_, by_number_, insert_;
};

}  // namespace tidings::sqlite
