/// From the configuration of `serve` to the options of each part. Pure but for the number of cores.
///
/// Errors: invalid_argument (a network). Threads: pure functions.
#pragma once

#include <cstddef>

#include "backend/client/session.h"
#include "backend/event_waiters.h"
#include "backend/retention.h"
#include "backend/rest/access.h"
#include "base/result.h"
#include "cli/config.h"
#include "delivery/before_caller.h"
#include "delivery/dispatcher.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "store/committer.h"

namespace tidings::cli {

/// `configured`, or two a core but at most 8.
std::size_t lane_count(std::int64_t configured);
/// Both files empty: none.
std::optional<net::TlsServerOptions> tls_options(const TlsConfig& config);
/// "localhost" becomes 127.0.0.1.
std::string bind_address(const ListenAddress& listen);
/// "https://127.0.0.1:8443", with the port in use.
std::string listen_url(const ListenAddress& listen, bool tls, std::uint16_t port);

Result<net::HttpServerOptions> public_server_options(const ServeConfig& config);
Result<net::HttpServerOptions> admin_server_options(const ServeConfig& config);
/// What else needs files: callbacks' connections, the operator's, the store.
std::size_t files_besides_clients(const CallbackConfig& config);
/// Of the public listener's connections: those that clients may be logged in on. The rest stays for
/// calls, and for who comes new.
std::size_t client_places(std::size_t connections);
/// Polls of the pull feed that may wait; each holds a connection.
backend::EventWaiters::Limits poll_limits(std::size_t connections);
Result<net::HttpClientOptions> callback_client_options(const CallbackConfig& config);
delivery::BeforeCallerOptions before_options(const CallbackConfig& config);
/// Trusted authorities and client certificate, from callbacks.* and ca_dir.
net::TlsClientOptions callback_tls_options(const ServeConfig& config);
store::CommitterOptions committer_options(const ServeConfig& config);
delivery::DispatcherOptions dispatcher_options(const CallbackConfig& config);
backend::RetentionOptions retention_options(const RetentionConfig& config);
backend::ClientSessionOptions session_options(const ClientDoorConfig& config);
backend::rest::RestLimits rest_limits(const ServeConfig& config);

}  // namespace tidings::cli
