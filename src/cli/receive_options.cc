#include "cli/receive_options.h"

#include <algorithm>

#include "cli/config_value.h"
#include "cli/secret_option.h"
#include "cli/serve_options.h"

namespace tidings::cli {
namespace {

/// The query door's, half of them for feeds (ReceiverOptions::max_feeds).
constexpr std::size_t kQueryConnections = 512;

receiver::ReceiverApp app_options(const ReceiveAppConfig& config) {
  receiver::ReceiverApp app;
  app.sdkappid = static_cast<std::uint32_t>(config.sdkappid);
  app.tokens = config.tokens;
  app.webhook_secrets = config.webhook_secrets;
  app.unsigned_ok = config.unsigned_allowed;
  app.allow_sources = config.sources;
  app.require_client_certificate = config.require_client_certificate;
  for (const BeforeRule& rule : config.before) {
    app.before_rules.push_back({rule.command, rule.name_contains,
                                static_cast<int>(rule.error_code), rule.error_info});
  }
  return app;
}

}  // namespace

Result<receiver::ReceiverOptions> receiver_options(const ReceiveConfig& config) {
  receiver::ReceiverOptions options;
  for (const ReceiveAppConfig& app : config.apps) options.apps.push_back(app_options(app));
  options.sign_window_s = config.sign_window.count() / 1000;
  options.retention_s = config.retention.count() / 1000;
  options.max_body_bytes = static_cast<std::size_t>(config.max_body.count);
  options.max_batch = static_cast<std::size_t>(config.max_batch);
  options.max_queued = static_cast<std::size_t>(config.max_queued);
  options.admin_token = config.admin_token;
  if (options.admin_token.empty() && !config.admin_token_file.empty()) {
    SecretOption token{"admin-token", config.admin_token_file, ""};
    TRY(options.admin_token, token.read());
  }
  TRY_VOID(check_one_word(options.admin_token, "the admin token"));
  return options;
}

receiver::GapOptions gap_options(const ReceiveConfig& config) {
  receiver::GapOptions options;
  options.settle = config.gap_settle;
  options.check_every = config.gap_check;
  return options;
}

namespace {

receiver::SourceOptions source_options(const SourceConfig& source) {
  receiver::SourceOptions options;
  options.url = source.url;
  options.identifier = source.identifier;
  options.credentials = {source.key, source.user_sig};
  options.ca_file = source.ca_file;
  return options;
}

}  // namespace

Result<std::vector<receiver::GapKeeper::WatchedApp>> watched_apps(const ReceiveConfig& config,
                                                                  net::CallbackTransport& transport,
                                                                  const Clock& clock) {
  std::vector<receiver::GapKeeper::WatchedApp> apps;
  for (const ReceiveAppConfig& app : config.apps) {
    receiver::GapKeeper::WatchedApp& watched = apps.emplace_back();
    watched.id = SdkAppId(static_cast<std::uint32_t>(app.sdkappid));
    watched.first_sequence = app.first_sequence;
    if (app.source.url.empty() || !app.source.feed) continue;
    TRY(watched.source, receiver::SourceFeed::create(watched.id, source_options(app.source),
                                                     transport, clock));
  }
  return apps;
}

receiver::ReconcileOptions reconcile_options(const ReceiveConfig& config) {
  receiver::ReconcileOptions options;
  options.settle = config.gap_settle;
  return options;
}

Result<std::vector<receiver::Reconciler::App>> reconciled_apps(const ReceiveConfig& config,
                                                               net::CallbackTransport& transport,
                                                               const Clock& clock) {
  std::vector<receiver::Reconciler::App> apps;
  for (const ReceiveAppConfig& app : config.apps) {
    if (app.source.url.empty() || app.source.reconcile_every.count() == 0) continue;
    receiver::Reconciler::App& reconciled = apps.emplace_back();
    reconciled.id = SdkAppId(static_cast<std::uint32_t>(app.sdkappid));
    reconciled.every = app.source.reconcile_every;
    reconciled.calls_per_second = app.source.reconcile_rate;
    reconciled.max_destroyed = app.source.reconcile_max_destroyed;
    TRY(auto client, receiver::SourceClient::create(reconciled.id, source_options(app.source),
                                                    transport, clock));
    reconciled.source = std::make_unique<receiver::SourceState>(std::move(client));
  }
  return apps;
}

net::HttpClientOptions source_client_options() {
  net::HttpClientOptions options;
  options.addresses = net::AddressPolicy::allow_all();
  options.max_response_bytes = 32 * 1024 * 1024;
  options.user_agent = "tidings-receive";
  return options;
}

namespace {

Result<TextList> read_again(const std::string& what, const TextList& files,
                            const TextList& variables) {
  TextList texts;
  for (const std::string& file : files) {
    TRY(std::string text, SecretOption({what, file, ""}).read());
    TRY_VOID(check_one_word(text, "'" + file + "'"));
    texts.push_back(std::move(text));
  }
  for (const std::string& variable : variables) {
    TRY(std::string text, SecretOption({what, "", variable}).read());
    TRY_VOID(check_one_word(text, "the environment variable " + variable));
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

Result<std::map<SdkAppId, receiver::SourceCredentials>> source_credentials_again(
    const ReceiveConfig& config) {
  std::map<SdkAppId, receiver::SourceCredentials> found;
  for (const ReceiveAppConfig& app : config.apps) {
    const SourceConfig& source = app.source;
    if (source.url.empty()) continue;
    const bool by_key = source.usersig_file.empty();
    SecretOption secret{by_key ? "source-key" : "source-usersig",
                        by_key ? source.key_file : source.usersig_file, source.key_env};
    TRY(std::string text, secret.read());
    auto& credentials = found[SdkAppId(static_cast<std::uint32_t>(app.sdkappid))];
    (by_key ? credentials.key : credentials.user_sig) = std::move(text);
  }
  return found;
}

Result<receiver::ReceiverOptions> receiver_options_again(const ReceiveConfig& config) {
  ReceiveConfig now = config;
  for (ReceiveAppConfig& app : now.apps) {
    TRY(app.tokens, read_again("token", app.token_files, app.token_env));
    TRY(app.webhook_secrets,
        read_again("webhook-secret", app.webhook_secret_files, app.webhook_secret_env));
  }
  return receiver_options(now);
}

Result<net::HttpServerOptions> callback_server_options(const ReceiveConfig& config) {
  net::HttpServerOptions options;
  options.address = bind_address(config.listen);
  options.port = config.listen.port;
  options.tls = tls_options(config.tls);
  // Where every app needs a client certificate, nobody gets past the handshake without; else it is
  // asked for, and whether an app needs one is the receiver's check, with its own answer.
  if (options.tls && !config.client_ca_file.empty()) {
    options.tls->client_ca_file = config.client_ca_file;
    options.tls->require_client_certificate =
        std::all_of(config.apps.begin(), config.apps.end(),
                    [](const auto& app) { return app.require_client_certificate; });
  }
  options.max_body_bytes = static_cast<std::size_t>(config.max_body.count);
  options.idle_timeout = config.idle_timeout;
  options.max_connections = static_cast<std::size_t>(config.max_connections);
  options.max_connections_per_address =
      static_cast<std::size_t>(config.max_connections_per_address);
  TRY(options.trusted_proxies, net::parse_networks(config.trusted_proxies));
  return options;
}

std::size_t files_besides_callbacks() { return kQueryConnections + 256; }

Result<net::HttpServerOptions> query_server_options(const ReceiveConfig& config) {
  net::HttpServerOptions options;
  options.max_connections = kQueryConnections;
  options.address = bind_address(config.admin_listen);
  options.port = config.admin_listen.port;
  options.tls = tls_options(config.admin_tls);
  options.idle_timeout = config.idle_timeout;
  TRY(options.trusted_proxies, net::parse_networks(config.trusted_proxies));
  return options;
}

namespace {

bool only_for_this_machine(const ListenAddress& listen) {
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(bind_address(listen), failed);
  return !failed && net::unmapped(address).is_loopback();
}

}  // namespace

std::vector<std::string> start_warnings(const ReceiveConfig& config) {
  std::vector<std::string> warnings;
  for (const ReceiveAppConfig& app : config.apps) {
    const bool checked = !app.tokens.empty() || !app.webhook_secrets.empty() ||
                         !app.sources.empty() || app.require_client_certificate;
    if (checked || only_for_this_machine(config.listen)) continue;
    warnings.push_back("whoever reaches receive.listen, " + write_listen_address(config.listen) +
                       ", can post callbacks of app " + std::to_string(app.sdkappid) +
                       ": it is unsigned; give it token_files, sources or "
                       "require_client_certificate, or listen on 127.0.0.1");
  }
  if (config.admin_token.empty() && config.admin_token_file.empty() &&
      !only_for_this_machine(config.admin_listen)) {
    warnings.push_back("whoever reaches receive.admin_listen, " +
                       write_listen_address(config.admin_listen) +
                       ", can read inbox and mirror; give admin_token_file, or listen on 127.0.0.1");
  }
  return warnings;
}

}  // namespace tidings::cli
