#include "cli/serve.h"

#include <atomic>
#include <optional>

#include "backend/admin/admin_door.h"
#include "backend/client/client_door.h"
#include "backend/commit_bridge.h"
#include "backend/deleted_purge.h"
#include "backend/event_waiters.h"
#include "backend/rest/event_feed.h"
#include "backend/rest/rest_door.h"
#include "backend/store_metrics.h"
#include "base/line_limit.h"
#include "cli/before_bridge.h"
#include "cli/callback_test_bridge.h"
#include "cli/debug_lines.h"
#include "cli/endpoint_disabler.h"
#include "cli/open_files.h"
#include "cli/serve_figures.h"
#include "cli/serve_options.h"
#include "cli/serve_store.h"
#include "delivery/event_jobs.h"
#include "net/authority_folder.h"
#include "runtime/run_on.h"

namespace tidings::cli {
namespace {

using runtime::block_on;
using runtime::Deadline;

/// Not ready for a while after a commit that failed: whoever balances load looks elsewhere, and comes
/// back to see, because only a write shows that the store can be written again.
Result<void> store_writes(const store::CommitterStats& stats) {
  constexpr std::chrono::seconds kWhile{10};
  const auto since = std::chrono::steady_clock::now() - stats.last_failure;
  if (stats.failed_in_row == 0 || since > kWhile) return {};
  return fail(Errc::unavailable, "the last commit failed; the log says why");
}

}  // namespace

/// In the order of making; destroyed in the opposite one.
struct ServeApp::Doors {
  explicit Doors(const ServeConfig& config)
      : lanes(lane_count(config.lanes), "serve"),
        readers(static_cast<std::size_t>(config.reader_threads), 10'000, "reader") {}

  ServeStore store;
  LineLimit read_failures{1};  // a failing disk fails every read
  backend::Metrics metrics;
  runtime::Lanes lanes;
  runtime::Lanes delivery_lanes{1, "delivery"};
  runtime::BlockingPool readers;  // for the public doors
  // Those who read much are in nobody's way: events go out, and operators look, while doors are crowded.
  runtime::BlockingPool delivery_readers{kDeliveryReaders, 10'000, "event-reader"};
  runtime::BlockingPool operator_readers{kOperatorReaders, 10'000, "admin-reader"};
  runtime::BlockingPool resolving{16, 10'000, "resolver"};

  std::optional<net::SystemResolver> resolver;
  std::optional<net::AuthorityFolder> authority;
  delivery::CallbackTls callback_tls;  // delivery lane only
  std::optional<net::HttpClientPool> transport;
  std::optional<net::HttpClientPool> before_transport;  // of its own: those who wait do not wait for events
  std::optional<delivery::BeforeCaller> before_caller;
  std::optional<BeforeBridge> before;
  std::optional<delivery::CallbackProbe> probe;
  std::optional<backend::DeliveryFigures> delivery_figures;

  std::optional<backend::AppRegistry> apps;
  std::size_t connections = 0;  // of the public listener, as many as the open files allow
  std::optional<backend::EventWaiters> waiters;
  backend::CommitBridge bridge;
  std::optional<store::Committer> committer;
  std::optional<backend::Service> service, operator_service;
  std::optional<EndpointDisabler> disabler;
  std::optional<delivery::Dispatcher> dispatcher;
  std::optional<delivery::EventJobs> event_jobs;
  std::optional<backend::Retention> retention;
  std::optional<backend::DeletedPurge> deleted_purge;

  std::optional<backend::Authenticator> authenticator;
  std::optional<backend::RateLimiter> limiter;
  std::optional<backend::ClientHub> hub;
  std::optional<backend::ClientShares> client_shares;
  std::optional<backend::rest::RestDoor> rest;
  std::optional<backend::rest::EventFeed> feed;
  std::optional<backend::ClientDoor> client;
  std::optional<backend::AdminDoor> admin;
  std::optional<net::HttpServer> public_server;
  std::optional<net::HttpServer> admin_server;

  std::vector<backend::Metrics::Collecting> figures;
  std::atomic<bool> ready = false;
  bool public_open = false;
  bool admin_open = false;
  bool running = false;
};

ServeApp::ServeApp(Parts parts)
    : parts_(parts), doors_(std::make_unique<Doors>(parts.config)) {}

ServeApp::~ServeApp() { stop(); }

Result<std::unique_ptr<Running>> ServeApp::start(Parts parts) {
  std::unique_ptr<ServeApp> app(new ServeApp(parts));
  Doors& doors = *app->doors_;
  // 1. The data folder is ours alone, the database open and its schema up to date.
  TRY_VOID(app->open_store());
  // 2. Threads: everything from here on may be called on a lane.
  doors.lanes.start();
  doors.delivery_lanes.start();
  doors.running = true;
  // 3. The way out: TLS, resolver, connections for callbacks.
  TRY_VOID(app->open_callbacks());
  // 4. The write path: registry, committer, service; delivery listens before the first commit.
  app->make_service();
  // 5. Doors, listening last: nobody is let in before all of it stands.
  TRY_VOID(app->open_doors());
  app->watch_figures();
  // 6. What an earlier run left undelivered goes out, beside new requests; what ended long ago goes, and
  //    what is left of what was deleted.
  doors.delivery_lanes[0].post([&doors] {
    doors.dispatcher->start();
    doors.event_jobs->start();
    doors.retention->start();
    doors.deleted_purge->start();
  });
  doors.ready = true;
  return std::unique_ptr<Running>(std::move(app));
}

Result<void> ServeApp::open_store() {
  TRY(doors_->store, ServeStore::open(parts_.config, parts_.random));
  if (const std::string what = doors_->store.exposed(); !what.empty()) {
    parts_.log.warning("open to others", {{"what", what}});
  }
  TRY(auto apps, doors_->store.community().apps());
  doors_->apps.emplace(std::move(apps));
  return {};
}

Result<void> ServeApp::open_callbacks() {
  Doors& doors = *doors_;
  const CallbackConfig& config = parts_.config.callbacks;
  TRY(auto options, callback_client_options(config));
  if (!parts_.config.ca_dir.empty()) {
    TRY(doors.authority, net::AuthorityFolder::open(parts_.config.ca_dir));
  }
  TRY(doors.callback_tls,
      delivery::CallbackTls::create(callback_tls_options(parts_.config)));
  runtime::Lane& lane = doors.delivery_lanes[0];
  doors.resolver.emplace(doors.resolving);
  doors.transport.emplace(lane, *doors.resolver, options);
  doors.before_transport.emplace(lane, *doors.resolver, std::move(options));
  doors.before_caller.emplace(
      delivery::BeforeCaller::Parts{lane, *doors.before_transport, parts_.clock, parts_.random,
                                    &doors.callback_tls, attempt_lines(parts_.log)},
      before_options(config));
  doors.before.emplace(*doors.before_caller);
  doors.probe.emplace(delivery::BeforeCaller::Parts{
      lane, *doors.transport, parts_.clock, parts_.random, &doors.callback_tls});
  return {};
}

void ServeApp::make_service() {
  Doors& doors = *doors_;
  doors.connections = connections_within(
      raise_open_files_limit(), files_besides_clients(parts_.config.callbacks),
      static_cast<std::size_t>(parts_.config.max_connections), parts_.log);
  doors.waiters.emplace(poll_limits(doors.connections));
  doors.delivery_figures.emplace(parts_.clock);
  store::CommitterOptions committing = committer_options(parts_.config);
  committing.observe = commit_observer(doors.metrics);
  committing.trouble = [&log = parts_.log](const store::CommitTrouble& trouble) {
    const std::string failed = std::to_string(trouble.failed);
    if (trouble.what.empty()) return log.info("commits succeed again", {{"failed", failed}});
    log.error("commits fail", {{"what", trouble.what}, {"failed", failed}});
  };
  doors.committer.emplace(doors.store.work(), parts_.clock, parts_.random, doors.bridge,
                          std::move(committing));
  const auto read_failed = [&doors, &clock = parts_.clock, &log = parts_.log](std::string_view what) {
    const auto left_out = doors.read_failures.admit(clock.now_s());
    if (!left_out) return;
    log.error("reads fail", {{"what", what}, {"left_out", static_cast<std::int64_t>(*left_out)}});
  };
  const auto service_on = [&](runtime::BlockingPool& readers) {
    return backend::Service::Parts{
        *doors.committer, doors.bridge, doors.store.community(), doors.store.events(), readers,
        *doors.apps, *doors.before, parts_.clock, parts_.random, read_failed};
  };
  doors.service.emplace(service_on(doors.readers));
  doors.operator_service.emplace(service_on(doors.operator_readers));
  runtime::Lane& lane = doors.delivery_lanes[0];
  doors.disabler.emplace(lane, *doors.service, parts_.log);
  doors.dispatcher.emplace(
      delivery::Dispatcher::Parts{
          .lane = lane,
          .events = doors.store.events(),
          .committer = *doors.committer,
          .readers = doors.delivery_readers,
          .transport = *doors.transport,
          .clock = parts_.clock,
          .random = parts_.random,
          .app = [&apps = *doors.apps](SdkAppId id) { return apps.find(id); },
          .tls = &doors.callback_tls,
          .disable_endpoint =
              [&disabler = *doors.disabler](SdkAppId id) { disabler.disable(id); },
          .observe = delivery_observer(doors.metrics, *doors.delivery_figures),
          .log = [&log = parts_.log](
                     std::string_view line) { log.warning("delivery", {{"what", line}}); },
          .trace = attempt_lines(parts_.log)},
      dispatcher_options(parts_.config.callbacks));
  doors.event_jobs.emplace(delivery::EventJobs::Parts{
      .lane = lane,
      .dispatcher = *doors.dispatcher,
      .events = doors.store.events(),
      .readers = doors.operator_readers,
      .transport = *doors.transport,
      .clock = parts_.clock,
      .app = [&apps = *doors.apps](SdkAppId id) { return apps.find(id); },
      .tls = &doors.callback_tls,
      .log = [&log = parts_.log](
                 std::string_view line) { log.warning("delivery", {{"what", line}}); }});
  doors.hub.emplace(doors.lanes, doors.metrics);
  doors.apps->watch([&doors](SdkAppId id) {
    if (doors.apps->find(id)) {
      doors.dispatcher->settings_changed(id);
    } else {
      doors.dispatcher->app_removed(id);
      doors.delivery_lanes[0].post([&doors, id] { doors.callback_tls.forget(id); });
      doors.delivery_figures->forget(id);
    }
  });
  doors.bridge.connect(
      [&doors](std::vector<community::Event> events) {
        doors.delivery_figures->accepted(events);
        doors.waiters->committed(events);
        doors.dispatcher->offer(std::move(events));
      },
      [&doors](std::vector<community::Notice> notices) {
        doors.hub->committed(std::move(notices));
      });
  doors.committer->start();
  doors.retention.emplace(lane, *doors.operator_service, retention_options(parts_.config.retention),
                          [&log = parts_.log](std::string_view line) {
                            log.warning("retention", {{"what", line}});
                          });
  doors.deleted_purge.emplace(lane, *doors.operator_service, backend::DeletedPurgeOptions{},
                              [&log = parts_.log](std::string_view line) {
                                log.warning("purge", {{"what", line}});
                              });
}

Result<void> ServeApp::open_doors() {
  Doors& doors = *doors_;
  const ServeConfig& config = parts_.config;
  doors.authenticator.emplace(parts_.clock);
  doors.limiter.emplace(parts_.clock);
  doors.rest.emplace(
      backend::rest::RestDoor::Parts{*doors.service, *doors.authenticator, *doors.limiter,
                                     &doors.metrics},
      rest_limits(config));
  doors.feed.emplace(backend::rest::EventFeed::Parts{*doors.service, doors.rest->access(),
                                                     *doors.waiters, doors.metrics});
  doors.client_shares.emplace(client_places(doors.connections));
  doors.client.emplace(
      backend::ClientSessionParts{*doors.service, *doors.authenticator, *doors.hub, doors.metrics,
                                  session_options(config.client), *doors.client_shares},
      config.stop_grace);
  TRY(auto token, doors.store.admin_token(config, parts_.random));
  backend::AdminDoor::Parts admin{
      .api = {*doors.operator_service, *doors.committer, *doors.hub,
              backend::ChangeRules{!config.callbacks.allow_networks.empty()}, &*doors.event_jobs,
              doors.authority ? &doors.authority->authority() : nullptr},
      .token = std::move(token),
      .metrics = doors.metrics,
      .readers = doors.operator_readers,
      .ready = [&doors]() -> Result<void> {
        if (!doors.ready) return fail(Errc::unavailable, "stopping, or not started yet");
        return store_writes(doors.committer->stats());
      }};
  admin.api.figures = &*doors.delivery_figures;
  admin.api.test_callback = callback_tester(*doors.probe);
  doors.admin.emplace(std::move(admin));

  const auto log = [&log = parts_.log](std::string_view what) {
    log.warning("http", {{"what", what}});
  };
  TRY(auto admin_options, admin_server_options(config));
  net::HttpServerHandlers admin_handlers;
  admin_handlers.request = doors.admin->handler();
  admin_handlers.error_body = backend::AdminDoor::error_body;
  admin_handlers.log = log;
  doors.admin_server.emplace(doors.lanes, std::move(admin_options), std::move(admin_handlers));
  TRY_VOID(doors.admin_server->start());
  doors.admin_open = true;

  TRY(auto options, public_server_options(config));
  options.max_connections = doors.connections;
  net::HttpServerHandlers handlers;
  handlers.request = [&rest = *doors.rest](const net::HttpRequest& request) {
    return rest.handle(request);
  };
  handlers.is_stream = backend::rest::EventFeed::takes;
  handlers.stream = [&feed = *doors.feed](const net::HttpRequest& request,
                                          net::EventStream& client) {
    return feed.handle(request, client);
  };
  handlers.is_websocket = backend::ClientDoor::takes;
  handlers.websocket = doors.client->handler();
  handlers.error_body = backend::rest::RestDoor::refusal;
  handlers.log = log;
  doors.public_server.emplace(doors.lanes, std::move(options), std::move(handlers));
  TRY_VOID(doors.public_server->start());
  doors.public_open = true;
  return {};
}

void ServeApp::watch_figures() {
  Doors& doors = *doors_;
  doors.figures.push_back(backend::collect_store_metrics(doors.metrics, *doors.committer,
                                                         doors.store.events(), *doors.apps,
                                                         parts_.clock));
  doors.figures.push_back(
      collect_server_figures(doors.metrics, "public", *doors.public_server));
  doors.figures.push_back(collect_server_figures(doors.metrics, "admin", *doors.admin_server));
  doors.figures.push_back(collect_dispatcher_figures(doors.metrics, *doors.dispatcher));
  doors.figures.push_back(collect_retention_figures(doors.metrics, *doors.retention));
}

Ready ServeApp::addresses() const {
  const ServeConfig& config = parts_.config;
  return {listen_url(config.listen, !config.tls.certificate_file.empty(),
                     doors_->public_server->port()),
          listen_url(config.admin_listen, !config.admin_tls.certificate_file.empty(),
                     doors_->admin_server->port())};
}

Result<void> ServeApp::reload() {
  TRY_VOID(doors_->public_server->reload_certificates());
  TRY_VOID(doors_->admin_server->reload_certificates());
  TRY(auto fresh, delivery::CallbackTls::create(callback_tls_options(parts_.config)));
  Doors& doors = *doors_;
  doors.delivery_lanes[0].post([&doors, fresh = std::move(fresh)]() mutable {
    doors.callback_tls.replace(std::move(fresh));
  });
  // Behind that job on the same lane: every app's next attempt uses what was read.
  const auto apps = doors.apps->all();
  for (const auto& [id, app] : *apps) doors.dispatcher->settings_changed(id);
  return {};
}

void ServeApp::stop() {
  Doors& doors = *doors_;
  if (!doors.running) return;
  doors.running = false;
  const Deadline until = Deadline::after(parts_.config.stop_grace);
  runtime::Lane& lane = doors.lanes[0];
  runtime::Lane& delivery = doors.delivery_lanes[0];
  // 1. Not ready: whoever balances load looks elsewhere.
  doors.ready = false;
  // 2. No new connections; requests in flight end, WebSockets are closed with 1012, then cut.
  if (doors.public_open) block_on(lane, doors.public_server->stop(time_left(until)));
  // 3. No more deliveries are begun; those in flight end and hand over their outcomes. Replays and
  //    cancellations that are under way go on with the next start.
  if (doors.event_jobs) block_on(delivery, doors.event_jobs->stop(time_left(until)));
  if (doors.dispatcher) block_on(delivery, doors.dispatcher->stop(time_left(until)));
  if (doors.retention) block_on(delivery, doors.retention->stop(time_left(until)));
  if (doors.deleted_purge) block_on(delivery, doors.deleted_purge->stop(time_left(until)));
  // 4. What delivery asked to be made durable is, while the write path still stands.
  if (doors.disabler) block_on(delivery, doors.disabler->stop(time_left(until)));
  // 5. The operator's door goes last: it can be watched until here.
  doors.figures.clear();
  if (doors.admin_open) block_on(lane, doors.admin_server->stop(time_left(until)));
  // 6. Connections to app backends are closed.
  if (doors.transport) {
    doors.delivery_lanes[0].post([&doors] {
      doors.transport->close();
      if (doors.before_transport) doors.before_transport->close();
    });
  }
  // 7. What is queued is committed, outcomes too; then nothing is written any more.
  if (doors.committer) doors.committer->stop();
  // 8. Blocking calls end; lanes run out of work and are joined.
  doors.readers.stop();
  doors.delivery_readers.stop();
  doors.operator_readers.stop();
  doors.resolving.stop();
  doors.lanes.stop();
  doors.delivery_lanes.stop();
  // 9. The database is checkpointed and closed and the folder unlocked by the destructor, after
  //    everything that reads from it has gone.
}

}  // namespace tidings::cli
