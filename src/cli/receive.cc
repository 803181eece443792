#include "cli/receive.h"

#include <optional>

#include "cli/open_files.h"
#include "cli/receive_options.h"
#include "cli/serve_options.h"
#include "net/http_client.h"
#include "net/resolver.h"
#include "receiver/gap_keeper.h"
#include "receiver/query_door.h"
#include "receiver/receiver.h"
#include "runtime/run_on.h"
#include "store_sqlite/data_folder.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::cli {
namespace {

using runtime::block_on;
using runtime::Deadline;

/// The receiver's log lines in the process's log.
receiver::Log receiver_log(Log& log) {
  return [&log](std::string_view level, std::string_view event, const receiver::LogFields& given) {
    LogFields fields;
    for (const auto& [name, value] : given) fields.emplace_back(name, std::string_view(value));
    if (level == "error") {
      log.error(event, fields);
    } else if (level == "warn") {
      log.warning(event, fields);
    } else if (level == "debug") {
      log.debug(event, fields);
    } else {
      log.info(event, fields);
    }
  };
}

}  // namespace

/// In the order of making; destroyed in the opposite one.
struct ReceiveApp::Doors {
  explicit Doors(const ReceiveConfig& config)
      : lanes(lane_count(config.lanes), "receive"),
        readers(static_cast<std::size_t>(config.reader_threads), 10'000, "reader") {}

  sqlite::DataFolder folder;
  sqlite::MirrorWriter writer;
  std::optional<sqlite::MirrorSqliteReader> reader;  // opened after the writer made the file
  runtime::Lanes lanes;
  runtime::BlockingPool readers;
  runtime::BlockingPool resolving{4, 1'000, "resolver"};
  net::SystemResolver resolver{resolving};
  SystemRandom random;
  std::optional<net::HttpClientPool> sources;  // on the first lane
  std::unique_ptr<receiver::Receiver> receiver;
  std::optional<receiver::GapKeeper> gaps;
  std::optional<receiver::Reconciler> reconciler;
  std::optional<receiver::QueryDoor> query;
  std::optional<net::HttpServer> callback_server;
  std::optional<net::HttpServer> query_server;
  bool callback_open = false;
  bool query_open = false;
  bool running = false;
};

ReceiveApp::ReceiveApp(Parts parts)
    : parts_(parts), doors_(std::make_unique<Doors>(parts.config)) {}

ReceiveApp::~ReceiveApp() { stop(); }

Result<std::unique_ptr<Running>> ReceiveApp::start(Parts parts) {
  std::unique_ptr<ReceiveApp> app(new ReceiveApp(parts));
  Doors& doors = *app->doors_;
  for (const std::string& what : start_warnings(parts.config)) {
    parts.log.warning("open to strangers", {{"what", what}});
  }
  // 1. The data folder is ours alone, inbox and mirror are open and up to date.
  TRY_VOID(app->open_store());
  // 2. Threads.
  doors.lanes.start();
  doors.running = true;
  // 3. Checks and commits.
  TRY_VOID(app->make_receiver());
  // 4. Doors, listening last.
  TRY_VOID(app->open_doors());
  // 5. What was missed while nothing ran is asked for, beside new callbacks.
  doors.lanes[0].post([&doors] {
    doors.gaps->start();
    doors.reconciler->start();
  });
  return std::unique_ptr<Running>(std::move(app));
}

Result<void> ReceiveApp::open_store() {
  TRY(doors_->folder, sqlite::DataFolder::open(parts_.config.data_dir));
  TRY(const std::string file, doors_->folder.store_file(kMirrorFile));
  TRY(doors_->writer, sqlite::MirrorWriter::open(file, {}));
  doors_->reader.emplace(file);
  if (const std::string what = doors_->folder.exposed(kMirrorFile); !what.empty()) {
    parts_.log.warning("open to others", {{"what", what}});
  }
  return {};
}

Result<void> ReceiveApp::make_receiver() {
  TRY(auto options, receiver_options(parts_.config));
  receiver::ReceiverParts parts{.mirror = doors_->writer,
                                .reader = *doors_->reader,
                                .readers = doors_->readers,
                                .clock = parts_.clock,
                                .log = receiver_log(parts_.log),
                                .certificate = {},
                                .trace = parts_.log.takes_debug()};
  TRY(doors_->receiver, receiver::Receiver::create(std::move(options), std::move(parts)));
  TRY_VOID(make_gap_keeper());
  TRY_VOID(make_reconciler());
  doors_->receiver->start();
  doors_->query.emplace(*doors_->receiver, &*doors_->gaps, &*doors_->reconciler);
  return {};
}

receiver::WatcherParts ReceiveApp::watcher_parts() {
  return {.lane = doors_->lanes[0],
          .inbox = doors_->receiver->inbox(),
          .reader = *doors_->reader,
          .readers = doors_->readers,
          .clock = parts_.clock,
          .random = doors_->random,
          .metrics = doors_->receiver->metrics(),
          .log = receiver_log(parts_.log)};
}

Result<void> ReceiveApp::make_gap_keeper() {
  Doors& doors = *doors_;
  doors.sources.emplace(doors.lanes[0], doors.resolver, source_client_options());
  TRY(auto apps, watched_apps(parts_.config, *doors.sources, parts_.clock));
  doors.gaps.emplace(watcher_parts(), gap_options(parts_.config), std::move(apps));
  doors.receiver->watch(
      [&gaps = *doors.gaps](const receiver::BatchReport& report) { gaps.committed(report); });
  return {};
}

Result<void> ReceiveApp::make_reconciler() {
  Doors& doors = *doors_;
  TRY(auto apps, reconciled_apps(parts_.config, *doors.sources, parts_.clock));
  doors.reconciler.emplace(watcher_parts(), reconcile_options(parts_.config), std::move(apps),
                           [&gaps = *doors.gaps](SdkAppId app) { return gaps.is_filling(app); });
  return {};
}

Result<void> ReceiveApp::open_doors() {
  Doors& doors = *doors_;
  const auto log = [&log = parts_.log](std::string_view what) {
    log.warning("http", {{"what", what}});
  };
  TRY(auto query_options, query_server_options(parts_.config));
  net::HttpServerHandlers query;
  query.request = [&door = *doors.query](const net::HttpRequest& request) {
    return door.handle(request);
  };
  query.is_stream = receiver::QueryDoor::is_stream;
  query.stream = [&door = *doors.query](const net::HttpRequest& request, net::EventStream& out) {
    return door.stream(request, out);
  };
  query.log = log;
  doors.query_server.emplace(doors.lanes, std::move(query_options), std::move(query));

  TRY(auto options, callback_server_options(parts_.config));
  options.max_connections = connections_within(raise_open_files_limit(), files_besides_callbacks(),
                                               options.max_connections, parts_.log);
  net::HttpServerHandlers handlers;
  handlers.request = [&receiver = *doors.receiver](const net::HttpRequest& request) {
    return receiver.handle(request);
  };
  handlers.error_body = receiver::error_body;
  handlers.refused = [&receiver = *doors.receiver](unsigned status, std::string_view reason,
                                                   std::string_view peer) {
    receiver.refused_by_server(status, reason, peer);
  };
  handlers.log = log;
  doors.callback_server.emplace(doors.lanes, std::move(options), std::move(handlers));
  doors.query->show_listeners([&doors] {
    return std::vector<receiver::ReceiverGauges::Listener>{
        {"callbacks", doors.callback_server->statistics()},
        {"admin", doors.query_server->statistics()}};
  });

  TRY_VOID(doors.query_server->start());
  doors.query_open = true;
  TRY_VOID(doors.callback_server->start());
  doors.callback_open = true;
  return {};
}

Ready ReceiveApp::addresses() const {
  const ReceiveConfig& config = parts_.config;
  return {listen_url(config.listen, !config.tls.certificate_file.empty(),
                     doors_->callback_server->port()),
          listen_url(config.admin_listen, !config.admin_tls.certificate_file.empty(),
                     doors_->query_server->port())};
}

Result<void> ReceiveApp::reload() {
  TRY(const auto options, receiver_options_again(parts_.config));
  TRY(const auto credentials, source_credentials_again(parts_.config));
  TRY_VOID(doors_->receiver->replace_apps(options));
  for (const auto& [app, found] : credentials) {
    doors_->gaps->set_credentials(app, found);
    doors_->reconciler->set_credentials(app, found);
  }
  TRY_VOID(doors_->callback_server->reload_certificates());
  return doors_->query_server->reload_certificates();
}

void ReceiveApp::stop() {
  Doors& doors = *doors_;
  if (!doors.running) return;
  doors.running = false;
  const Deadline until = Deadline::after(parts_.config.stop_grace);
  runtime::Lane& lane = doors.lanes[0];
  // 1. No new connections; callbacks in flight are committed and answered.
  if (doors.callback_open) block_on(lane, doors.callback_server->stop(time_left(until)));
  // 2. Feeds and queries end.
  if (doors.query_open) block_on(lane, doors.query_server->stop(time_left(until)));
  // 3. No more is fetched from sources; their connections are closed.
  if (doors.gaps) block_on(lane, doors.gaps->stop(time_left(until)));
  if (doors.reconciler) block_on(lane, doors.reconciler->stop(time_left(until)));
  if (doors.sources) lane.post([&doors] { doors.sources->close(); });
  // 4. What is queued is committed; then nothing is written any more.
  if (doors.receiver) doors.receiver->stop();
  // 5. Blocking reads end; lanes run out of work and are joined.
  doors.readers.stop();
  doors.resolving.stop();
  doors.lanes.stop();
  // 6. The database is closed and the folder unlocked by the destructor.
}

}  // namespace tidings::cli
