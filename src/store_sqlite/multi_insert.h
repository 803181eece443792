/// Many rows into one table: up to 16 of them with one statement. To open a table and its indexes, to
/// position in them and to step a statement to its end costs as much as a row or two does.
///
///   TRY(auto insert, MultiInsert::prepare(db, "INSERT INTO t(a, b)", "(?, ?)"));
///   TRY_VOID(insert.run(std::span{rows}, [](Statement& to, int at, const Row& row) {
///     return to.bind_from(at, row.a, row.b);
///   }));
///
/// Rows are inserted in their order. What they bind lives until run() returns.
/// Errors, threads, lifetime: those of Statement. After an error some may have been inserted.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "store_sqlite/database.h"

namespace tidings::sqlite {

class MultiInsert {
 public:
  static constexpr std::size_t kMany = 16;
  static constexpr std::size_t kFew = 4;

  /// `row`: the parameters of one, in brackets.
  static Result<MultiInsert> prepare(Database& database, std::string_view head,
                                     std::string_view row) {
    MultiInsert made;
    TRY(made.one_, database.prepare(text(head, row, 1)));
    TRY(made.few_, database.prepare(text(head, row, kFew)));
    TRY(made.many_, database.prepare(text(head, row, kMany)));
    return made;
  }

  /// `bind(statement, position, row)` gives the position behind the row's parameters.
  template <class Row, class Bind>
  Result<void> run(std::span<Row> rows, Bind&& bind) {
    while (!rows.empty()) {
      const std::size_t count = rows.size() >= kMany ? kMany : rows.size() >= kFew ? kFew : 1;
      Statement& insert = count == kMany ? many_ : count == kFew ? few_ : one_;
      int next = 1;
      for (Row& row : rows.first(count)) next = bind(insert, next, row);
      TRY_VOID(insert.run_bound());
      rows = rows.subspan(count);
    }
    return {};
  }

 private:
  static std::string text(std::string_view head, std::string_view row, std::size_t rows) {
    std::string sql{head};
    sql.append(" VALUES");
    for (std::size_t i = 0; i < rows; ++i) sql.append(i == 0 ? "" : ",").append(row);
    return sql;
  }

  Statement one_, few_, many_;
};

}  // namespace tidings::sqlite
