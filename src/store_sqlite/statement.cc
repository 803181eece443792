#include "store_sqlite/statement.h"

#include "store_sqlite/database.h"

namespace tidings::sqlite {

Rows::~Rows() {
  if (statement_ != nullptr) statement_->reset();
}

Result<bool> Rows::next() { return statement_->step(); }

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_->handle_.get(), column);
}

std::string_view Rows::text(int column) const {
  sqlite3_stmt* handle = statement_->handle_.get();
  // The order matters: column_blob may convert, column_bytes tells the size of what it made.
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle, column))};
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_NULL;
}

bool Rows::is_integer(int column) const {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_INTEGER;
}

bool Rows::is_blob(int column) const {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_BLOB;
}

void Statement::bind(int position, std::string_view text) {
  // A null pointer would be NULL, not "".
  note(sqlite3_bind_text64(handle_.get(), position, text.data() == nullptr ? "" : text.data(),
                           text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int position, Blob blob) {
  note(sqlite3_bind_blob64(handle_.get(), position,
                           blob.bytes.data() == nullptr ? "" : blob.bytes.data(), blob.bytes.size(),
                           SQLITE_STATIC));
}

Result<bool> Statement::step() {
  sqlite3* connection = sqlite3_db_handle(handle_.get());
  if (bind_error_ != SQLITE_OK) return failure(connection, bind_error_, "binding a value");
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(connection, code, sqlite3_sql(handle_.get()));
}

Result<void> Statement::run_bound() {
  for (;;) {
    auto more = step();
    if (!more) {
      reset();
      return std::move(more).error();
    }
    if (!*more) break;
  }
  reset();
  return {};
}

void Statement::reset() {
  // What reset returns is the error of the last step, which step() has reported already.
  sqlite3_reset(handle_.get());
  bind_error_ = SQLITE_OK;
}

std::int64_t Statement::changes() const {
  return sqlite3_changes64(sqlite3_db_handle(handle_.get()));
}

}  // namespace tidings::sqlite
