/// What is known of a command before anything is loaded: who asks for it, and about how many rows it
/// names. Whoever shares a store out among apps goes by these two.
///
/// Threads: pure functions.
#pragma once

#include <cstddef>

#include "community/command.h"

namespace tidings::community {

/// The app whose caller asks. None (0) for what the operator and the store itself want: neither
/// waits behind an app's own callers, least of all the one that is being switched off.
[[nodiscard]] SdkAppId asking_app(const Command& command);

/// About as many as the rows that the engine loads and writes for it, 1 at least: one and those of its
/// lists, as far as needs.cc names them. What only the store knows (all topics of a group, an account's
/// memberships) is a fixed guess.
[[nodiscard]] std::size_t weight_of(const Command& command);

}  // namespace tidings::community
