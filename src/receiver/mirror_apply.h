/// What a verified callback does to inbox and mirror: pure, like community::decide for the backend.
///
/// Applied once (P6): a callback whose key was seen changes nothing and is still answered OK. Keys are
/// forgotten with their inbox entries; what is older than those is known by its number.
/// Messages, unknown commands and other services go into the inbox only. Before-callbacks never
/// come here. Destroying a group destroys its topics, which the sender does not announce: those of a
/// large one with the commits that follow. What is heard of one of them meanwhile finds it destroyed.
/// A topic change without TopicId marks its group for re-reading.
///
/// Threads: pure functions on a View of the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/mirror_view.h"
#include "tidings/callback.h"
#include "tidings/ids.h"

namespace tidings::receiver {

/// A callback that passed every check, with what its request said besides the body.
struct Callback {
  SdkAppId app;
  store::InboxKey key{};
  ParsedCallback parsed;
  std::string body;  ///< as received
  std::string request_id;
  std::string client_ip;
  std::string opt_platform;
  std::string target;  ///< path and query, as kept_target() leaves them; empty: no request
  std::int64_t sequence = 0;  ///< `tidings-sequence`; 0 = not sent
  store::InboxVia via = store::InboxVia::callback;
};

/// The key of protocol 6.11: RequestID if there is one, else a hash of command and body.
[[nodiscard]] store::InboxKey inbox_key(SdkAppId app, std::string_view request_id,
                                        std::string_view command, std::string_view body);

/// EventTime, 0 where the body has none.
[[nodiscard]] std::int64_t event_time_ms(const CallbackValue& value);
/// GroupId, empty where the command has none.
[[nodiscard]] GroupId group_of(const CallbackValue& value);

/// Adds what apply() will ask the View for.
void add_needs(const Callback& callback, store::MirrorNeeds& needs);

/// Ends topics of groups whose destruction was more than one commit takes (MirrorView::ending). Before the
/// callbacks of a batch.
void go_on_ending(store::MirrorView& view);

enum class Applied { accepted, duplicate };
/// Takes the callback's texts into the View's inbox.
Applied apply(Callback&& callback, store::MirrorView& view);
/// The texts that apply() took for this entry, when the View was not committed: the callback can be
/// applied again.
void give_back(store::InboxEntry& entry, Callback& callback);

}  // namespace tidings::receiver
