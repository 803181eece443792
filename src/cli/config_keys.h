/// The table of configuration keys: the one place that says what a key is called, where its value
/// goes, what it may be and what it does. Parsing, environment names, flags, docs/config.md and
/// the printed configuration are all made from it. Defaults stand in config.h.
///
/// Threads: constants.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "cli/config.h"

namespace tidings::cli {

/// How the text of a list or text value is checked, where the C++ type does not say it.
enum class ValueKind { plain, path, choice, networks };

template <class Root, class Value>
using Place = Value& (*)(Root&);

template <class Root>
using AnyPlace =
    std::variant<Place<Root, bool>, Place<Root, std::int64_t>, Place<Root, std::string>,
                 Place<Root, Milliseconds>, Place<Root, Bytes>, Place<Root, ListenAddress>,
                 Place<Root, TextList>, Place<Root, NumberMap>>;

/// What takes a change: a new start, or SIGHUP (which rereads certificates and reopens logs, the
/// names of the files staying as they were).
enum class TakesEffect { restart, hangup };

/// Least and greatest value; of numbers as they are, durations in ms, sizes in bytes, and for a map
/// of each number.
struct Bounds {
  std::int64_t least = 0;
  std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
};

template <class Root>
struct Key {
  std::string_view name;  ///< "serve.listen"; inside a list of tables only the last part
  AnyPlace<Root> place;
  std::string_view doc;   ///< one or two sentences; what it does and who should touch it
  Bounds bounds{};
  ValueKind kind = ValueKind::plain;
  std::string_view choices{};  ///< kind choice: "text|json"
  bool secret = false;         ///< environment only; never printed
  TakesEffect takes_effect = TakesEffect::restart;
};

std::span<const Key<ServeConfig>> serve_keys();        ///< under "serve."
std::span<const Key<ReceiveConfig>> receive_keys();    ///< under "receive."
std::span<const Key<LogConfig>> log_keys();            ///< under "log."
std::span<const Key<ReceiveAppConfig>> receive_app_keys();  ///< in [[receive.app]]
std::span<const Key<BeforeRule>> before_rule_keys();   ///< in [[receive.app.before]]

/// "serve", "callbacks.timeout" -> "TIDINGS_SERVE_CALLBACKS_TIMEOUT".
std::string environment_name(std::string_view section, std::string_view key);
/// "callbacks.timeout" -> "--callbacks-timeout".
std::string flag_name(std::string_view key);
/// "number", "duration", "list of networks", ...
template <class Root>
std::string type_name(const Key<Root>& key);
/// "1 to 64", "100ms to 1m", "text or json"; "" when anything goes.
template <class Root>
std::string range_text(const Key<Root>& key);

extern template std::string type_name(const Key<ServeConfig>&);
extern template std::string type_name(const Key<ReceiveConfig>&);
extern template std::string type_name(const Key<LogConfig>&);
extern template std::string type_name(const Key<ReceiveAppConfig>&);
extern template std::string type_name(const Key<BeforeRule>&);
extern template std::string range_text(const Key<ServeConfig>&);
extern template std::string range_text(const Key<ReceiveConfig>&);
extern template std::string range_text(const Key<LogConfig>&);
extern template std::string range_text(const Key<ReceiveAppConfig>&);
extern template std::string range_text(const Key<BeforeRule>&);

}  // namespace tidings::cli
