#include "cli/serve_options.h"

#include <algorithm>
#include <thread>

#include "cli/config_value.h"
#include "cli/version.h"

namespace tidings::cli {
namespace {

/// The operator's listener: for himself, probes and scrapers.
constexpr std::size_t kOperatorConnections = 256;

std::size_t size_of(std::int64_t number) { return static_cast<std::size_t>(number); }

}  // namespace

std::size_t lane_count(std::int64_t configured) {
  if (configured > 0) return size_of(configured);
  // A lane waits on its core behind the threads that commit and sync, and its connections with it. With
  // two lanes a core fewer connections wait behind one, and the other core finds more to do.
  return std::clamp<std::size_t>(2 * std::thread::hardware_concurrency(), 2, 8);
}

std::optional<net::TlsServerOptions> tls_options(const TlsConfig& config) {
  if (config.certificate_file.empty()) return std::nullopt;
  net::TlsServerOptions options;
  options.certificate_file = config.certificate_file;
  options.key_file = config.key_file;
  return options;
}

std::string bind_address(const ListenAddress& listen) {
  return listen.host == "localhost" ? "127.0.0.1" : listen.host;
}

std::string listen_url(const ListenAddress& listen, bool tls, std::uint16_t port) {
  return (tls ? "https://" : "http://") + write_listen_address({bind_address(listen), port});
}

Result<net::HttpServerOptions> public_server_options(const ServeConfig& config) {
  net::HttpServerOptions options;
  options.address = bind_address(config.listen);
  options.port = config.listen.port;
  options.tls = tls_options(config.tls);
  options.max_body_bytes = size_of(config.max_body.count);
  options.idle_timeout = config.idle_timeout;
  options.max_connections = size_of(config.max_connections);
  options.max_connections_per_address = size_of(config.max_connections_per_address);
  TRY(options.trusted_proxies, net::parse_networks(config.trusted_proxies));
  options.websocket.max_message_bytes = size_of(config.client.max_frame.count);
  options.websocket.max_queued_bytes = size_of(config.client.send_queue.count);
  options.websocket.idle_timeout = config.client.idle_timeout;
  return options;
}

Result<net::HttpServerOptions> admin_server_options(const ServeConfig& config) {
  net::HttpServerOptions options;
  options.address = bind_address(config.admin_listen);
  options.port = config.admin_listen.port;
  options.tls = tls_options(config.admin_tls);
  options.max_body_bytes = size_of(config.max_body.count);
  options.idle_timeout = config.idle_timeout;
  options.max_connections = kOperatorConnections;
  TRY(options.trusted_proxies, net::parse_networks(config.trusted_proxies));
  return options;
}

std::size_t client_places(std::size_t connections) { return connections - connections / 8; }

backend::EventWaiters::Limits poll_limits(std::size_t connections) {
  backend::EventWaiters::Limits limits;
  limits.total = std::clamp<std::size_t>(connections / 16, 1, limits.total);
  return limits;
}

std::size_t files_besides_clients(const CallbackConfig& config) {
  return 2 * size_of(config.max_in_flight) + kOperatorConnections + 256;
}

Result<net::HttpClientOptions> callback_client_options(const CallbackConfig& config) {
  net::HttpClientOptions options;
  options.max_response_bytes = size_of(config.max_response.count);
  options.max_connections = std::max<std::size_t>(2 * size_of(config.max_in_flight), 64);
  options.max_idle_per_origin = size_of(config.max_per_url);
  options.user_agent = "tidings/" + std::string(kVersion);
  TRY(auto allowed, net::parse_networks(config.allow_networks));
  options.addresses = net::AddressPolicy(std::move(allowed));
  return options;
}

delivery::BeforeCallerOptions before_options(const CallbackConfig& config) {
  return {static_cast<int>(config.max_per_url), static_cast<int>(config.max_in_flight)};
}

net::TlsClientOptions callback_tls_options(const ServeConfig& config) {
  net::TlsClientOptions options;
  options.ca_file = config.callbacks.ca_file;
  options.certificate_file = config.callbacks.certificate_file;
  options.key_file = config.callbacks.key_file;
  if (config.ca_dir.empty()) return options;
  const std::string folder = config.ca_dir + "/";
  options.also_trusted_file = folder + "ca.pem";
  if (options.certificate_file.empty()) {
    options.certificate_file = folder + "client.pem";
    options.key_file = folder + "client.key";
  }
  return options;
}

store::CommitterOptions committer_options(const ServeConfig& config) {
  store::CommitterOptions options;
  options.max_batch = size_of(config.max_batch);
  options.max_weight = 2 * options.max_batch;
  options.max_queued = size_of(config.max_queued);
  return options;
}

backend::RetentionOptions retention_options(const RetentionConfig& config) {
  backend::RetentionOptions options;
  options.age = config.age;
  options.count = config.count;
  return options;
}

delivery::DispatcherOptions dispatcher_options(const CallbackConfig& config) {
  delivery::DispatcherOptions options;
  options.scheduler.max_window = static_cast<int>(config.max_per_url);
  options.scheduler.max_in_flight = static_cast<int>(config.max_in_flight);
  return options;
}

backend::ClientSessionOptions session_options(const ClientDoorConfig& config) {
  backend::ClientSessionOptions options;
  options.login_timeout = config.login_timeout;
  options.max_in_flight = size_of(config.max_in_flight);
  options.frames_per_second = static_cast<double>(config.frames_per_second);
  options.max_answer_bytes = size_of(config.send_queue.count / 4);
  return options;
}

backend::rest::RestLimits rest_limits(const ServeConfig& config) {
  backend::rest::RestLimits limits;
  limits.app_per_second = static_cast<std::uint32_t>(config.app_rate_limit);
  for (const auto& [command, limit] : config.rate_limits) {
    limits.per_command[command] = static_cast<std::uint32_t>(limit);
  }
  limits.answer_within = config.answer_within;
  return limits;
}

}  // namespace tidings::cli
