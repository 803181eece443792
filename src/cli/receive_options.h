/// From the configuration of `receive` to the options of each part.
///
/// Errors: invalid_argument (a network), or the admin token's file. Threads: pure but for the file.
#pragma once

#include "base/result.h"
#include "cli/config.h"
#include "net/http_server.h"
#include "receiver/receiver_options.h"

namespace tidings::cli {

Result<receiver::ReceiverOptions> receiver_options(const ReceiveConfig& config);
Result<net::HttpServerOptions> callback_server_options(const ReceiveConfig& config);
Result<net::HttpServerOptions> query_server_options(const ReceiveConfig& config);

}  // namespace tidings::cli
