/// Rows of inbox and mirror as JSON, for the query door and the feed.
///
/// What is not known is null. UserDefinedDataList and callback bodies stand in it byte for byte as
/// they came (they passed the strict JSON door).
/// Threads: pure functions.
#pragma once

#include <string>

#include "store/mirror_rows.h"

namespace tidings::receiver {

struct GapStatus;
struct ReconcileStatus;

void append_topic(std::string& out, const store::MirrorTopic& topic);
void append_group(std::string& out, const store::MirrorGroup& group);
void append_inbox_entry(std::string& out, const store::InboxEntry& entry);
/// What is to be said, and done, where a source numbers anew (MirrorSequences::renumbered).
[[nodiscard]] std::string source_replaced_text(SdkAppId app);
/// `row`: the numbers as committed; `status`: what the gap keeper makes of them.
void append_gaps(std::string& out, SdkAppId app, const store::MirrorSequences& row,
                 const GapStatus& status);
void append_reconciliation(std::string& out, const ReconcileStatus& status);
void append_tally(std::string& out, SdkAppId app, const store::MirrorTally& tally);

/// One event of the feed: `id` is the inbox number, `event` is "callback". Line breaks inside the
/// body become several data lines, as Server-Sent Events ask for.
void append_feed_event(std::string& out, const store::InboxEntry& entry);

}  // namespace tidings::receiver
