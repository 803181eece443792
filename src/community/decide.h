/// The rules of the community: every limit, permission, default and code of protocol sections 2-4
/// and 7, as one pure function over a View. No I/O, no clock, no hidden randomness.
#pragma once

#include "base/result.h"
#include "community/command.h"
#include "community/reply.h"
#include "community/view.h"

namespace tidings::community {

/// What `command` names; the engine loads it into the View before decide.
void collect(const Command& command, Needs& needs);

/// Decides one command against the View. Success: changed rows, events and notices are recorded in
/// it, the reply is valid once the View is committed. Error: `code` is the protocol's number, and
/// the View is as it was, with one exception: a join refused because the group is full (10014)
/// leaves an AfterGroupFull event (7.11), so a batch with nothing but refusals may need a commit.
Result<Reply> decide(const Command& command, View& view);

/// A before-callback to be asked before `command` may be decided (protocol 6.10, section 7).
struct Question {
  AppPtr app;
  std::string command;  ///< Group.CallbackBefore...
  std::string body;
};

/// Runs the checks of 4.3 #19 up to the before-callback and says what to ask, if the app's switch
/// for it is on and a URL is set. nullopt: nothing to ask, go on to decide. The View is only read.
Result<std::optional<Question>> admit(const Command& command, const View& view);

}  // namespace tidings::community
