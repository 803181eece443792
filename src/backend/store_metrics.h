/// The committer's and the event log's figures in /metrics: commands, refusals, batches, and per app
/// and in total the ledger of promise P3 (accepted = delivered + pending + dead + cancelled).
///
/// Threads: called at wiring time. Lifetime: destroy the returned handle before what it reads.
#pragma once

#include "backend/app_registry.h"
#include "backend/metrics.h"
#include "base/clock.h"
#include "store/committer.h"
#include "store/store.h"

namespace tidings::backend {

Metrics::Collecting collect_store_metrics(Metrics& metrics, const store::Committer& committer,
                                          store::EventReader& events, const AppRegistry& apps,
                                          const Clock& clock);

}  // namespace tidings::backend
