/// Who a request is from, when it came through proxies (X-Forwarded-For).
#pragma once

#include <span>
#include <string>

#include "net/cidr.h"
#include "net/http_message.h"

namespace tidings::net {

/// The right-most address of X-Forwarded-For that is no trusted proxy: every entry to its right was
/// written by a proxy we trust, what stands to its left anybody may have written. `peer` is the
/// answer where it is no trusted proxy itself, or where the header is absent or not readable.
[[nodiscard]] std::string client_ip(const HttpRequest& request, const IpAddress& peer,
                                    std::span<const Network> trusted);

}  // namespace tidings::net
