#include "cli/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace tidings::cli {

std::size_t raise_open_files_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return std::numeric_limits<std::size_t>::max();
  const rlim_t before = std::exchange(files.rlim_cur, files.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = before;
  return files.rlim_cur;
}

std::size_t connections_within(std::size_t limit, std::size_t reserve, std::size_t wanted, Log& log) {
  const std::size_t rest = limit > reserve ? limit - reserve : 0;
  // A sixteenth of its connections are on their way in while room is made for them (net/http_server.h).
  const std::size_t room = std::max(limit / 2, rest - rest / 17);
  if (room >= wanted - wanted / 4) return std::min(wanted, room);  // nothing to trouble anybody with
  log.warning("fewer connections than configured",
              {{"max_connections", std::to_string(wanted)},
               {"taken", std::to_string(room)},
               {"open_files_limit", std::to_string(limit)},
               {"what", "raise the limit (ulimit -n, LimitNOFILE) or lower max_connections"}});
  return room;
}

}  // namespace tidings::cli
