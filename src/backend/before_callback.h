/// The rules around a before-callback: which writes ask one, and what its answer means
/// (protocol 6.7, 6.10, R-19 to R-21). Pure.
///
/// Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "community/command.h"
#include "tidings/callback_answer.h"
#include "tidings/callback_command.h"

namespace tidings::backend {

inline constexpr int kRefusedByCallback = 10016;
inline constexpr int kFirstCustomCode = 10100;
inline constexpr int kLastCustomCode = 10200;
inline constexpr std::size_t kPassedErrorInfoBytes = 1024;

/// The switch that decides whether this write asks first; none for imports and everything else.
[[nodiscard]] std::optional<CallbackSwitch> before_switch(const community::Command& command);
/// The user or admin behind a command that before_switch() knows; nullptr for the others.
[[nodiscard]] const community::Caller* asking_caller(const community::Command& command);

/// Success: go on. Error: what the caller is told, 10016 or the answer's own 10100..10200 with its
/// ErrorInfo, cut at 1024 bytes on a character's edge.
[[nodiscard]] Result<void> judge_answer(std::string_view callback, const CallbackAnswer& answer);
/// The same when no valid answer came: `why` is the delivery's sentence.
[[nodiscard]] Result<void> judge_silence(std::string_view callback, community::BeforeFailure policy,
                                         std::string_view why);
/// The longest prefix of at most `bytes` bytes that does not end inside a UTF-8 character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes);

}  // namespace tidings::backend
