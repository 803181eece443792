/// TRY and CO_TRY: unwrap a Result or leave the function with its error.
///
///   TRY(auto body, parse(text));        // in a function that returns Result<...>
///   CO_TRY(auto body, co_await read()); // in a coroutine that yields Result<...>
///   TRY_VOID(check(value));
///
/// They expand to a named variable, a check and a return: no statement expression, no temporary
/// that lives across co_await (g++ 12 mishandles those).
#pragma once

#include "tidings/result.h"

#define TIDINGS_JOIN_(a, b) a##b
#define TIDINGS_JOIN(a, b) TIDINGS_JOIN_(a, b)
#define TIDINGS_TRY_(leave, result, declaration, expression) \
  auto result = (expression);                                \
  if (!result) leave std::move(result).error();              \
  declaration = std::move(*result)
#define TRY(declaration, expression) \
  TIDINGS_TRY_(return, TIDINGS_JOIN(try_result_, __LINE__), declaration, expression)
#define CO_TRY(declaration, expression) \
  TIDINGS_TRY_(co_return, TIDINGS_JOIN(try_result_, __LINE__), declaration, expression)
#define TIDINGS_TRY_VOID_(leave, result, expression) \
  auto result = (expression);                        \
  if (!result) leave std::move(result).error()
#define TRY_VOID(expression) \
  TIDINGS_TRY_VOID_(return, TIDINGS_JOIN(try_result_, __LINE__), expression)
#define CO_TRY_VOID(expression) \
  TIDINGS_TRY_VOID_(co_return, TIDINGS_JOIN(try_result_, __LINE__), expression)
