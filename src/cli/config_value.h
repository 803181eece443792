/// The texts of configuration values: "2s", "1MiB", "127.0.0.1:8080", "10.0.0.0/8", "a,b".
///
/// Writing and reading round-trip. Errors: kind invalid_argument, a sentence that says what is
/// wrong and shows a right value. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/config.h"

namespace tidings::cli {

/// Units ms, s, m, h, d; several may follow each other ("1h30m"); a bare "0" needs none.
Result<Milliseconds> parse_duration(std::string_view text);
std::string write_duration(Milliseconds value);

/// Units B, KiB, MiB, GiB; a bare "0" needs none.
Result<Bytes> parse_size(std::string_view text);
std::string write_size(Bytes value);

/// "host:port"; IPv6 as "[::1]:8080". The host is a literal address or "localhost".
Result<ListenAddress> parse_listen_address(std::string_view text);
std::string write_listen_address(const ListenAddress& value);

/// A literal address with or without "/prefix", IPv4 or IPv6.
Result<void> check_network(std::string_view text);

/// Separated by commas; spaces around entries do not count; "" is the empty list.
TextList parse_list(std::string_view text);

/// "name=number,name=number".
Result<NumberMap> parse_number_map(std::string_view text);

/// Of `candidates` the one that `text` was probably meant to be, or "".
std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates);

}  // namespace tidings::cli
