/// From the configuration of `receive` to the options of each part.
///
/// Errors: invalid_argument (a network), or the admin token's file. Threads: pure but for the file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/config.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "receiver/gap_keeper.h"
#include "receiver/receiver_options.h"
#include "receiver/reconciler.h"

namespace tidings::cli {

Result<receiver::ReceiverOptions> receiver_options(const ReceiveConfig& config);
/// The same, with the files of tokens and secrets as they are now.
Result<receiver::ReceiverOptions> receiver_options_again(const ReceiveConfig& config);
Result<net::HttpServerOptions> callback_server_options(const ReceiveConfig& config);
receiver::GapOptions gap_options(const ReceiveConfig& config);
/// Every app; its feed is read through `transport`. Error: a source's URL or CA file.
Result<std::vector<receiver::GapKeeper::WatchedApp>> watched_apps(const ReceiveConfig& config,
                                                                  net::CallbackTransport& transport,
                                                                  const Clock& clock);
receiver::ReconcileOptions reconcile_options(const ReceiveConfig& config);
/// Those whose source is to be read; it is through `transport`. Errors: as watched_apps().
Result<std::vector<receiver::Reconciler::App>> reconciled_apps(const ReceiveConfig& config,
                                                               net::CallbackTransport& transport,
                                                               const Clock& clock);
/// Of every app with a source, from its file as it is now.
Result<std::map<SdkAppId, receiver::SourceCredentials>> source_credentials_again(
    const ReceiveConfig& config);
/// For requests to sources: anywhere, since the operator named them; pages of events fit.
net::HttpClientOptions source_client_options();
Result<net::HttpServerOptions> query_server_options(const ReceiveConfig& config);
/// What needs files besides callbacks: the query door's connections, the store.
std::size_t files_besides_callbacks();
/// What is allowed, and open to strangers: a sentence each, for the log.
[[nodiscard]] std::vector<std::string> start_warnings(const ReceiveConfig& config);

}  // namespace tidings::cli
