/// One prepared statement of one connection: bound by position, stepped, read by column.
///
///   TRY(auto find, db.prepare("SELECT name FROM grp WHERE row = ?"));
///   auto rows = find.query(row);
///   TRY(const bool found, rows.next());
///   if (found) name = rows.text(0);
///
/// Text and blobs are bound with their length and without a copy: '\0' survives, and what an
/// argument points at must live until run() returns or the Rows are gone.
/// Errors: as Database says. Threads: those of its connection. Lifetime: ends before its Database.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/result.h"
#include "tidings/ids.h"

namespace tidings::sqlite {

/// Bytes to be stored as a BLOB rather than as TEXT.
struct Blob {
  std::string_view bytes;
};

class Statement;

/// The rows of a running query. Going out of scope makes the statement ready for its next use.
class Rows {
 public:
  Rows(Rows&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  /// Steps to the next row; false at the end.
  Result<bool> next();
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  ///< valid until the next step
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_integer(int column) const;
  [[nodiscard]] bool is_blob(int column) const;

 private:
  friend class Statement;
  explicit Rows(Statement& statement) : statement_(&statement) {}
  Statement* statement_;
};

class Statement {
 public:
  Statement() = default;

  /// Binds the arguments from position 1 on and starts.
  template <class... Arguments>
  [[nodiscard]] Rows query(const Arguments&... arguments) {
    bind_from(1, arguments...);
    return query_bound();
  }
  /// Starts with what bind_from() has bound.
  [[nodiscard]] Rows query_bound() { return Rows{*this}; }
  /// Binds, runs to the end and resets. Rows, if there are any, are ignored.
  template <class... Arguments>
  Result<void> run(const Arguments&... arguments) {
    bind_from(1, arguments...);
    return run_bound();
  }
  /// For a statement over several rows: binds from `position` on, says which one is next.
  template <class... Arguments>
  int bind_from(int position, const Arguments&... arguments) {
    (bind(position++, arguments), ...);
    return position;
  }
  /// Runs to the end and resets, with what bind_from() has bound.
  Result<void> run_bound();
  /// Rows changed by the last run() of this connection.
  [[nodiscard]] std::int64_t changes() const;

 private:
  friend class Database;
  friend class Rows;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  template <std::integral Number>
  void bind(int position, Number value) {
    note(sqlite3_bind_int64(handle_.get(), position, static_cast<std::int64_t>(value)));
  }
  template <class Value>
  void bind(int position, const std::optional<Value>& value) {
    value ? bind(position, *value) : bind(position, nullptr);
  }
  template <class Tag>
  void bind(int position, const TextId<Tag>& id) {
    bind(position, id.view());
  }
  /// One of several types, as columns that hold a number where they can and text where they must.
  template <class... Values>
  void bind(int position, const std::variant<Values...>& value) {
    std::visit([this, position](const auto& held) { bind(position, held); }, value);
  }
  void bind(int position, SdkAppId app) { bind(position, app.number()); }
  template <class E>
    requires std::is_enum_v<E>
  void bind(int position, E value) {
    bind(position, static_cast<std::int64_t>(value));
  }
  void bind(int position, std::string_view text);
  void bind(int position, Blob blob);
  void bind(int position, std::nullptr_t) { note(sqlite3_bind_null(handle_.get(), position)); }

  void note(int code) {
    if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
  }
  Result<bool> step();
  void reset();

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bind_error_ = SQLITE_OK;
};

}  // namespace tidings::sqlite
