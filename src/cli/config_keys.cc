#include "cli/config_keys.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "cli/config_value.h"

namespace tidings::cli {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;

/// The member at the end of a path of members.
template <class Root, auto First, auto... Rest>
auto& reach(Root& root) {
  if constexpr (sizeof...(Rest) == 0) {
    return root.*First;
  } else {
    return reach<std::remove_reference_t<decltype(root.*First)>, Rest...>(root.*First);
  }
}
template <auto... Path>
constexpr auto serve = &reach<ServeConfig, Path...>;
template <auto... Path>
constexpr auto receive = &reach<ReceiveConfig, Path...>;
template <auto Member>
constexpr auto log = &reach<LogConfig, Member>;
template <auto... Path>
constexpr auto app = &reach<ReceiveAppConfig, Path...>;
template <auto Member>
constexpr auto rule = &reach<BeforeRule, Member>;

using S = ServeConfig;
using R = ReceiveConfig;
using Tls = TlsConfig;
using Client = ClientDoorConfig;
using Calls = CallbackConfig;
using Retention = RetentionConfig;
using Source = SourceConfig;

constexpr Key<S> kServe[] = {
    {"listen", serve<&S::listen>,
     "Where the REST API (/v4) and the client door (/client) listen. Port 0 takes a free port."},
    {"admin_listen", serve<&S::admin_listen>,
     "Where the admin door (/admin/v1), /metrics, /healthz and /readyz listen. Keep it private."},
    {"data_dir", serve<&S::data_dir>,
     "Folder of the database, the admin token and the lock. One process a folder.",
     {}, ValueKind::path},
    {"ca_dir", serve<&S::ca_dir>,
     "Folder of the built-in authority, as `tidings ca init` makes it. Its client certificate is "
     "shown to app backends that ask for one, its server certificates are trusted besides those of "
     "callbacks.ca_file, and the admin door hands them out. Empty: no authority.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"secret_key_file", serve<&S::secret_key_file>,
     "File with the key that app keys, Sign tokens and webhook secrets are encrypted with in the "
     "database. Empty: `secret.key` in data_dir. Made with mode 0600 at first start; back it up, "
     "apart from the database.",
     {}, ValueKind::path},
    {"engine", serve<&S::engine>,
     "Where rows live: `sqlite` in data_dir, or `memory`, which forgets everything at the end.",
     {}, ValueKind::choice, "sqlite|memory"},
    {"lanes", serve<&S::lanes>, "Threads that serve connections. 0: two a core, at most 8.",
     {0, 64}},
    {"reader_threads", serve<&S::reader_threads>, "Threads that read the database for get_* calls.",
     {1, 64}},
    {"stop_grace", serve<&S::stop_grace>,
     "How long requests and deliveries in flight may take to finish after SIGTERM. Another signal, a "
     "second or more later, ends the process at once.",
     {0, 60 * kSecond}},
    {"admin_token_file", serve<&S::admin_token_file>,
     "File with the admin door's bearer token. Empty: `admin.token` in data_dir. Made with mode "
     "0600 at first start.",
     {}, ValueKind::path},
    {"admin_token", serve<&S::admin_token>,
     "The admin door's bearer token itself; wins over admin_token_file.",
     {}, ValueKind::plain, {}, true},
    {"tls.certificate_file", serve<&S::tls, &Tls::certificate_file>,
     "PEM certificate chain for `listen`. Empty: plain HTTP.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"tls.key_file", serve<&S::tls, &Tls::key_file>, "PEM private key for `listen`.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"admin_tls.certificate_file", serve<&S::admin_tls, &Tls::certificate_file>,
     "PEM certificate chain for `admin_listen`. Empty: plain HTTP.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"admin_tls.key_file", serve<&S::admin_tls, &Tls::key_file>,
     "PEM private key for `admin_listen`.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"trusted_proxies", serve<&S::trusted_proxies>,
     "Networks of reverse proxies whose X-Forwarded-For names the caller. Empty: none is believed.",
     {}, ValueKind::networks},
    {"max_connections", serve<&S::max_connections>,
     "Connections open at one time on `listen`. At the limit each newcomer has the oldest one closed "
     "that has proven nothing, else one that is idle. Where there are several apps, one's logged-in "
     "clients take at most half of what the others leave of seven eighths; one user half of what its app's "
     "others leave.",
     {1, 1'000'000}},
    {"max_connections_per_address", serve<&S::max_connections_per_address>,
     "Of them, from one address, if it is not one of `trusted_proxies`. More are closed at once.",
     {1, 1'000'000}},
    {"max_body", serve<&S::max_body>, "Largest body of a REST or admin request.",
     {kKiB, 16 * kMiB}},
    {"idle_timeout", serve<&S::idle_timeout>,
     "A kept-alive HTTP connection is closed after this long without a request.",
     {kSecond, kHour}},
    {"max_batch", serve<&S::max_batch>,
     "Most commands in one commit, and half of the rows that they may name (members, accounts, topics). "
     "Larger shares an fsync among more, smaller answers sooner.",
     {1, 65536}},
    {"max_queued", serve<&S::max_queued>,
     "Most commands waiting for a commit; of one app at most half of what the others leave. More are "
     "refused with 10002.",
     {1, 1'000'000}},
    {"app_rate_limit", serve<&S::app_rate_limit>,
     "REST calls a second of one app, all commands together (60011). 0: no limit.",
     {0, 1'000'000}},
    {"rate_limits", serve<&S::rate_limits>,
     "REST calls a second by command and app (60007), over the protocol's own: 200, but 1 for "
     "get_appid_group_list and 100 for multiaccount_import, account_delete and account_check.",
     {1, 1'000'000}},
    {"answer_within", serve<&S::answer_within>,
     "A REST call that is not answered by then gets 60008 (accounts 70169); its change may still take "
     "effect where it had begun. 0: it waits however long it takes.",
     {0, kHour}},
    {"client.max_frame", serve<&S::client, &Client::max_frame>,
     "Longest frame a client may send; a longer one ends its connection.", {kKiB, kMiB}},
    {"client.send_queue", serve<&S::client, &Client::send_queue>,
     "A client that lets more than this pile up unread is dropped with a reason. The longest single "
     "answer is a quarter of it.",
     {64 * kKiB, 64 * kMiB}},
    {"client.max_in_flight", serve<&S::client, &Client::max_in_flight>,
     "Operations of one client at one time; more are answered with 10006.", {1, 1024}},
    {"client.frames_per_second", serve<&S::client, &Client::frames_per_second>,
     "Frames a second of one client, sustained; more are answered with 10006.", {1, 100'000}},
    {"client.login_timeout", serve<&S::client, &Client::login_timeout>,
     "From the WebSocket upgrade to a valid login.", {100, 60 * kSecond}},
    {"client.idle_timeout", serve<&S::client, &Client::idle_timeout>,
     "A client silent for this long, pongs included, is dropped. Pings go at a third of it.",
     {2 * kSecond, kHour}},
    {"callbacks.allow_networks", serve<&S::callbacks, &Calls::allow_networks>,
     "Networks callbacks may go to although they are loopback, private or link-local, such as "
     "127.0.0.0/8 on a laptop. Empty: public addresses only.",
     {}, ValueKind::networks},
    {"callbacks.ca_file", serve<&S::callbacks, &Calls::ca_file>,
     "PEM certificates of the authorities trusted for callbacks. Empty: the system's. An app may "
     "have its own instead (`ca_certificates` of its callback configuration).",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"callbacks.certificate_file", serve<&S::callbacks, &Calls::certificate_file>,
     "PEM client certificate that is shown to app backends that ask for one. Empty: `client.pem` of "
     "ca_dir, or none.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"callbacks.key_file", serve<&S::callbacks, &Calls::key_file>,
     "PEM private key of callbacks.certificate_file.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"callbacks.max_response", serve<&S::callbacks, &Calls::max_response>,
     "Longest answer that is read from an app backend.", {kKiB, kMiB}},
    {"callbacks.max_per_url", serve<&S::callbacks, &Calls::max_per_url>,
     "Most callbacks in flight to one URL; the window below it follows what the URL can take. So many "
     "before-callbacks, too, beside them; more are refused with 10002.",
     {1, 4096}},
    {"callbacks.max_in_flight", serve<&S::callbacks, &Calls::max_in_flight>,
     "Most callbacks in flight to all URLs together; one takes at most half of what the others leave.",
     {1, 65536}},
    {"retention.age", serve<&S::retention, &Retention::age>,
     "How long events that were delivered, died or were cancelled stay in the store with their "
     "attempts, to be looked at, fed and replayed. Pending ones stay whatever their age. 0s: any age.",
     {0, 3650 * kDay}},
    {"retention.count", serve<&S::retention, &Retention::count>,
     "Most ended events kept of each app, so that a busy one pushes out none of another's; its oldest "
     "go first. About 600 bytes each, and their space is used again. 0: any number.",
     {0, 1'000'000'000'000}},
};

constexpr Key<R> kReceive[] = {
    {"listen", receive<&R::listen>, "Where callbacks are taken. Port 0 takes a free port."},
    {"admin_listen", receive<&R::admin_listen>,
     "Where the query door, the live feed, /metrics, /healthz and /readyz listen. Keep it private."},
    {"data_dir", receive<&R::data_dir>,
     "Folder of inbox, mirror and lock. One process a folder.",
     {}, ValueKind::path},
    {"lanes", receive<&R::lanes>, "Threads that serve connections. 0: two a core, at most 8.",
     {0, 64}},
    {"reader_threads", receive<&R::reader_threads>, "Threads that read the mirror for queries.",
     {1, 64}},
    {"stop_grace", receive<&R::stop_grace>,
     "How long requests in flight may take to finish after SIGTERM. Another signal, a second or more "
     "later, ends the process at once.",
     {0, 60 * kSecond}},
    {"tls.certificate_file", receive<&R::tls, &Tls::certificate_file>,
     "PEM certificate chain for `listen`. Empty: plain HTTP.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"tls.key_file", receive<&R::tls, &Tls::key_file>, "PEM private key for `listen`.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"tls.client_ca_file", receive<&R::client_ca_file>,
     "PEM certificates of authorities that client certificates are checked against. Empty: none is "
     "asked for. An app accepts callers without one unless it sets require_client_certificate.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"admin_tls.certificate_file", receive<&R::admin_tls, &Tls::certificate_file>,
     "PEM certificate chain for `admin_listen`. Empty: plain HTTP.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"admin_tls.key_file", receive<&R::admin_tls, &Tls::key_file>,
     "PEM private key for `admin_listen`.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"trusted_proxies", receive<&R::trusted_proxies>,
     "Networks of reverse proxies whose X-Forwarded-For names the caller. Empty: none is believed.",
     {}, ValueKind::networks},
    {"sign_window", receive<&R::sign_window>,
     "How far RequestTime may be from this machine's clock, either way.", {kSecond, kHour}},
    {"retention", receive<&R::retention>,
     "How long accepted callbacks stay in the inbox, and so how long duplicates without a number are "
     "known.",
     {kHour, 3650 * kDay}},
    {"max_connections", receive<&R::max_connections>,
     "Connections open at one time on `listen`. At the limit each newcomer has the oldest one closed "
     "that has proven nothing, else one that is idle.",
     {1, 1'000'000}},
    {"max_connections_per_address", receive<&R::max_connections_per_address>,
     "Of them, from one address, if it is not one of `trusted_proxies`. More are closed at once.",
     {1, 1'000'000}},
    {"max_body", receive<&R::max_body>, "Largest callback body; longer ones are refused with 413.",
     {kKiB, 16 * kMiB}},
    {"idle_timeout", receive<&R::idle_timeout>,
     "A kept-alive connection is closed after this long without a callback.", {kSecond, kHour}},
    {"max_batch", receive<&R::max_batch>, "Most callbacks in one commit.", {1, 65536}},
    {"max_queued", receive<&R::max_queued>,
     "Most callbacks waiting for a commit; more are answered 503.", {1, 1'000'000}},
    {"gap_settle", receive<&R::gap_settle>,
     "A callback whose number (`tidings-sequence`) is missing for this long counts as missed, and is "
     "fetched where its app has a source. Callbacks of different groups overtake each other.",
     {100, kHour}},
    {"gap_check", receive<&R::gap_check>,
     "How often a source is asked for its newest number, so that the loss of the last callback is "
     "noticed too.",
     {kSecond, kDay}},
    {"admin_token_file", receive<&R::admin_token_file>,
     "File with the query door's bearer token. Empty, and no admin_token: none is asked for.",
     {}, ValueKind::path},
    {"admin_token", receive<&R::admin_token>,
     "The query door's bearer token itself; wins over admin_token_file.",
     {}, ValueKind::plain, {}, true},
};

constexpr Key<ReceiveAppConfig> kReceiveApp[] = {
    {"sdkappid", app<&ReceiveAppConfig::sdkappid>,
     "The app's number; callbacks of other apps are refused.", {1, 4'294'967'295}},
    {"token_files", app<&ReceiveAppConfig::token_files>,
     "Files with one Sign token each; all are valid, which is how tokens are rotated.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"token_env", app<&ReceiveAppConfig::token_env>,
     "Names of environment variables with one Sign token each; valid besides token_files."},
    {"webhook_secret_files", app<&ReceiveAppConfig::webhook_secret_files>,
     "Files with one Standard Webhooks secret (`whsec_...`) each.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"webhook_secret_env", app<&ReceiveAppConfig::webhook_secret_env>,
     "Names of environment variables with one Standard Webhooks secret each."},
    {"unsigned", app<&ReceiveAppConfig::unsigned_allowed>,
     "Accept callbacks without Sign. Only where `sources`, a client certificate or a proxy checks "
     "the caller."},
    {"sources", app<&ReceiveAppConfig::sources>,
     "Networks callbacks may come from. Empty: any.", {}, ValueKind::networks},
    {"require_client_certificate", app<&ReceiveAppConfig::require_client_certificate>,
     "Accept callbacks only with a client certificate that tls.client_ca_file verifies."},
    {"source.url", app<&ReceiveAppConfig::source, &Source::url>,
     "Where `tidings serve` answers REST for this app, such as `https://im.example.com`. Callbacks "
     "that were missed are fetched there (docs/pull-feed.md). Empty: they are counted and named."},
    {"source.identifier", app<&ReceiveAppConfig::source, &Source::identifier>,
     "The admin of the app as whom the source is asked."},
    {"source.key_file", app<&ReceiveAppConfig::source, &Source::key_file>,
     "File with the app's UserSig key, from which tickets for the source are made.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"source.key_env", app<&ReceiveAppConfig::source, &Source::key_env>,
     "Name of an environment variable with that key, instead of the file."},
    {"source.usersig_file", app<&ReceiveAppConfig::source, &Source::usersig_file>,
     "File with a ready UserSig, where the key is not to be given away. It must be renewed before it "
     "expires.",
     {}, ValueKind::path, {}, false, TakesEffect::hangup},
    {"source.ca_file", app<&ReceiveAppConfig::source, &Source::ca_file>,
     "PEM certificates of the authorities trusted for the source. Empty: the system's.",
     {}, ValueKind::path},
    {"source.feed", app<&ReceiveAppConfig::source, &Source::feed>,
     "The source has the pull feed, and callbacks that were missed are fetched there. The cloud service "
     "has none: set false, and reconcile_every."},
    {"source.reconcile_every", app<&ReceiveAppConfig::source, &Source::reconcile_every>,
     "How long after one reading of all groups and topics of the source the next one begins; what no "
     "callback told is healed and reported (docs/reconciliation.md). 0: they are not read.",
     {0, 30 * kDay}},
    {"source.reconcile_rate", app<&ReceiveAppConfig::source, &Source::reconcile_rate>,
     "REST calls a second that reconciliation makes at most. The cloud service allows an app 200 of each "
     "command.",
     {1, 1000}},
    {"source.reconcile_max_destroyed", app<&ReceiveAppConfig::source, &Source::reconcile_max_destroyed>,
     "Groups and topics that one reading may find gone and destroy in the mirror. More are left alone and "
     "reported, since the source may be a wrong one, or restored from a backup.",
     {0, 1'000'000'000}},
    {"first_sequence", app<&ReceiveAppConfig::first_sequence>,
     "Callbacks with lower numbers are not missed: for a receiver that begins late and does not want "
     "what was before.",
     {1, std::numeric_limits<std::int64_t>::max()}},
};

constexpr Key<BeforeRule> kBeforeRule[] = {
    {"command", rule<&BeforeRule::command>,
     "Before-callback the rule is for, such as `Group.CallbackBeforeCreateTopic`; `*`: all."},
    {"name_contains", rule<&BeforeRule::name_contains>,
     "The rule fits when the body's Name holds this text. Empty: always."},
    {"error_code", rule<&BeforeRule::error_code>,
     "The answer: 0 proceeds, 1 refuses (the caller sees 10016), 2 drops a message silently, 10100 "
     "to 10200 refuse with this code.",
     {0, 10200}},
    {"error_info", rule<&BeforeRule::error_info>, "The answer's ErrorInfo."},
};

constexpr Key<LogConfig> kLog[] = {
    {"format", log<&LogConfig::format>, "Lines for people (`text`: key=value) or machines (`json`).",
     {}, ValueKind::choice, "text|json"},
    {"level", log<&LogConfig::level>,
     "The least important lines that are written. `debug` adds a line for each callback that is received "
     "and each exchange with an app backend: which one, outcome, duration; no body and no Sign.",
     {}, ValueKind::choice, "debug|info|warning|error"},
    {"file", log<&LogConfig::file>,
     "Where lines go; empty: standard error. SIGHUP opens it anew, after it was moved away.",
     {}, ValueKind::path},
};

template <class Value>
constexpr std::string_view plain_type_name() {
  if constexpr (std::is_same_v<Value, bool>) return "true or false";
  if constexpr (std::is_same_v<Value, std::int64_t>) return "number";
  if constexpr (std::is_same_v<Value, std::string>) return "text";
  if constexpr (std::is_same_v<Value, Milliseconds>) return "duration";
  if constexpr (std::is_same_v<Value, Bytes>) return "size";
  if constexpr (std::is_same_v<Value, ListenAddress>) return "address";
  if constexpr (std::is_same_v<Value, TextList>) return "list";
  if constexpr (std::is_same_v<Value, NumberMap>) return "table of numbers";
}

template <class Root, class Value>
std::string value_text(Place<Root, Value>, std::int64_t value) {
  if constexpr (std::is_same_v<Value, Milliseconds>) return write_duration(Milliseconds{value});
  if constexpr (std::is_same_v<Value, Bytes>) return write_size(Bytes{value});
  return std::to_string(value);
}

}  // namespace

std::span<const Key<ServeConfig>> serve_keys() { return kServe; }
std::span<const Key<ReceiveConfig>> receive_keys() { return kReceive; }
std::span<const Key<LogConfig>> log_keys() { return kLog; }
std::span<const Key<ReceiveAppConfig>> receive_app_keys() { return kReceiveApp; }
std::span<const Key<BeforeRule>> before_rule_keys() { return kBeforeRule; }

std::string environment_name(std::string_view section, std::string_view key) {
  std::string name = "TIDINGS_" + std::string(section) + "_" + std::string(key);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

std::string flag_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '_'; }, '-');
  return name;
}

template <class Root>
std::string type_name(const Key<Root>& key) {
  std::string name = std::visit(
      []<class Value>(Place<Root, Value>) { return std::string(plain_type_name<Value>()); },
      key.place);
  if (key.kind == ValueKind::networks) return "list of networks";
  if (key.kind == ValueKind::choice) return "one of";
  if (key.kind == ValueKind::path) return name == "list" ? "list of paths" : "path";
  return name;
}

template <class Root>
std::string range_text(const Key<Root>& key) {
  if (key.kind == ValueKind::choice) {
    std::string text(key.choices);
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos;) {
      text.replace(at, 1, ", ");
    }
    return text;
  }
  constexpr Bounds kNone;
  const bool no_most = key.bounds.greatest == kNone.greatest;
  if (no_most && key.bounds.least == kNone.least) return "";
  return std::visit(
      [&key, no_most]<class Value>(Place<Root, Value> place) {
        const std::string least = value_text(place, key.bounds.least);
        if (no_most) return least + " or more";
        return least + " to " + value_text(place, key.bounds.greatest);
      },
      key.place);
}

template std::string type_name(const Key<ServeConfig>&);
template std::string type_name(const Key<ReceiveConfig>&);
template std::string type_name(const Key<LogConfig>&);
template std::string type_name(const Key<ReceiveAppConfig>&);
template std::string type_name(const Key<BeforeRule>&);
template std::string range_text(const Key<ServeConfig>&);
template std::string range_text(const Key<ReceiveConfig>&);
template std::string range_text(const Key<LogConfig>&);
template std::string range_text(const Key<ReceiveAppConfig>&);
template std::string range_text(const Key<BeforeRule>&);

}  // namespace tidings::cli
