/// The whole configuration as one tree of plain values, with the defaults. What a key is called,
/// its bounds and its text for people stand in config_keys.h; where values come from (file,
/// environment, flags) in config_load.h.
///
/// A module gets its own sub-struct or options made from it, never the whole.
/// Units: durations in milliseconds, sizes in bytes. Threads: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tidings::cli {

using Milliseconds = std::chrono::milliseconds;
using TextList = std::vector<std::string>;
/// A number per name, e.g. calls a second per command.
using NumberMap = std::map<std::string, std::int64_t>;

/// A size or limit in bytes; a type of its own, so that it is written and read with units.
struct Bytes {
  std::int64_t count = 0;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

/// Where to listen. Port 0: any free one, named in the ready line.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Both empty: plain text. Both given: TLS 1.2 or newer. PEM files; reread at SIGHUP.
struct TlsConfig {
  std::string certificate_file;
  std::string key_file;
  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

/// The client door (/client): what one WebSocket may cost.
struct ClientDoorConfig {
  Bytes max_frame{64 * 1024};            ///< a longer frame ends the connection
  Bytes send_queue{4 * 1024 * 1024};     ///< a client that lets more pile up is dropped
  std::int64_t max_in_flight = 32;       ///< operations of one client at one time
  std::int64_t frames_per_second = 100;  ///< sustained; more are answered with 10006
  Milliseconds login_timeout{10'000};    ///< from the upgrade to a valid login
  Milliseconds idle_timeout{60'000};     ///< pings at a third of it; silence for all of it ends
  friend bool operator==(const ClientDoorConfig&, const ClientDoorConfig&) = default;
};

/// How app backends are called.
struct CallbackConfig {
  TextList allow_networks;  ///< networks that are reached although they are not public
  std::string ca_file;      ///< trusted instead of the system's authorities; PEM
  std::string certificate_file;  ///< client certificate; "": the one in serve.ca_dir, or none
  std::string key_file;
  Bytes max_response{64 * 1024};
  std::int64_t max_per_url = 256;  ///< callbacks in flight to one URL
  std::int64_t max_in_flight = 1024;
  friend bool operator==(const CallbackConfig&, const CallbackConfig&) = default;
};

/// How long events that have ended are kept; pending ones always are.
struct RetentionConfig {
  Milliseconds age{30LL * 24 * 3600 * 1000};  ///< since an event ended; 0: any age
  std::int64_t count = 10'000'000;            ///< of each app; 0: any number
  friend bool operator==(const RetentionConfig&, const RetentionConfig&) = default;
};

struct ServeConfig {
  ListenAddress listen{"127.0.0.1", 8080};        ///< REST and client door
  ListenAddress admin_listen{"127.0.0.1", 8081};  ///< admin door, metrics, health
  std::string data_dir = "data/serve";
  std::string ca_dir;             ///< folder of `tidings ca`; "": no built-in authority
  std::string secret_key_file;    ///< "": <data_dir>/secret.key, made at first start
  std::string engine = "sqlite";  ///< sqlite, or memory: nothing survives the end
  std::int64_t lanes = 0;         ///< threads for connections; 0: two a core, at most 8
  std::int64_t reader_threads = 2;
  Milliseconds stop_grace{4000};  ///< for what is in flight at SIGTERM
  std::string admin_token_file;   ///< "": <data_dir>/admin.token, made at first start
  std::string admin_token;        ///< secret; from the environment only; wins over the file
  TlsConfig tls;
  TlsConfig admin_tls;
  TextList trusted_proxies;       ///< networks whose X-Forwarded-For is believed
  std::int64_t max_connections = 20000;
  std::int64_t max_connections_per_address = 10000;
  Bytes max_body{1024 * 1024};
  Milliseconds idle_timeout{60'000};
  std::int64_t max_batch = 1024;
  std::int64_t max_queued = 65536;
  std::int64_t app_rate_limit = 0;  ///< calls a second of one app, all commands; 0: no limit
  NumberMap rate_limits;            ///< calls a second by command, over the protocol's defaults
  Milliseconds answer_within{3000};  ///< a REST call; 0: however long it takes
  ClientDoorConfig client;
  CallbackConfig callbacks;
  RetentionConfig retention;
  friend bool operator==(const ServeConfig&, const ServeConfig&) = default;
};

/// How a before-callback is answered. The first rule of an app that fits decides.
struct BeforeRule {
  std::string command;        ///< e.g. "Group.CallbackBeforeCreateTopic"; "*": every one
  std::string name_contains;  ///< fits when the body's Name holds this text; "": always
  std::int64_t error_code = 0;
  std::string error_info;
  friend bool operator==(const BeforeRule&, const BeforeRule&) = default;
};

/// Where callbacks that were missed are fetched; no URL: they are only counted.
struct SourceConfig {
  std::string url;         ///< of the source's REST listener
  std::string identifier = "administrator";
  std::string key_file;    ///< the app's UserSig key
  std::string key_env;     ///< the same by the name of an environment variable
  std::string usersig_file;  ///< a ready ticket instead
  std::string ca_file;     ///< "": the system's authorities
  bool feed = true;        ///< it has the pull feed, which the cloud service has not
  Milliseconds reconcile_every{0};  ///< 0: it is not reconciled with
  std::int64_t reconcile_rate = 20;  ///< calls a second
  std::int64_t reconcile_max_destroyed = 1000;  ///< groups and topics in one pass

  std::string key;       ///< secret; read from key_file or key_env
  std::string user_sig;  ///< secret; read from usersig_file
  friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

/// One app whose callbacks are accepted.
struct ReceiveAppConfig {
  std::int64_t sdkappid = 0;
  TextList token_files;           ///< one token a file; all are valid (rotation)
  TextList token_env;             ///< the same by names of environment variables
  TextList webhook_secret_files;  ///< Standard Webhooks secrets ("whsec_...")
  TextList webhook_secret_env;
  bool unsigned_allowed = false;  ///< accept without Sign: only behind something that checks
  TextList sources;               ///< networks callbacks may come from; empty: any
  bool require_client_certificate = false;  ///< one that receive.tls.client_ca_file verified
  std::int64_t first_sequence = 1;          ///< lower numbers are not missed
  SourceConfig source;
  std::vector<BeforeRule> before;

  TextList tokens;           ///< secret; read from token_files and token_env
  TextList webhook_secrets;  ///< secret; read from webhook_secret_files and webhook_secret_env
  friend bool operator==(const ReceiveAppConfig&, const ReceiveAppConfig&) = default;
};

struct ReceiveConfig {
  ListenAddress listen{"127.0.0.1", 8090};
  ListenAddress admin_listen{"127.0.0.1", 8091};
  std::string data_dir = "data/receive";
  std::int64_t lanes = 0;
  std::int64_t reader_threads = 2;
  Milliseconds stop_grace{4000};
  TlsConfig tls;
  std::string client_ca_file;     ///< "": no client certificate is asked for
  TlsConfig admin_tls;
  TextList trusted_proxies;
  Milliseconds sign_window{60'000};
  Milliseconds retention{7LL * 24 * 3600 * 1000};  ///< of the inbox
  Milliseconds gap_settle{5'000};                  ///< a number missing for that long was missed
  Milliseconds gap_check{60'000};                  ///< how often sources are asked by themselves
  std::int64_t max_connections = 20000;
  std::int64_t max_connections_per_address = 10000;
  Bytes max_body{1024 * 1024};
  Milliseconds idle_timeout{60'000};
  std::int64_t max_batch = 1024;
  std::int64_t max_queued = 65536;
  std::string admin_token_file;  ///< "" and no admin_token: the query door asks for none
  std::string admin_token;       ///< secret; from the environment only; wins over the file
  std::vector<ReceiveAppConfig> apps;
  friend bool operator==(const ReceiveConfig&, const ReceiveConfig&) = default;
};

struct LogConfig {
  std::string format = "text";  ///< text or json
  std::string level = "info";
  std::string file;             ///< "": standard error
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct Config {
  ServeConfig serve;
  ReceiveConfig receive;
  LogConfig log;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace tidings::cli
