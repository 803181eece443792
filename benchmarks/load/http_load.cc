#include "load/http_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>

namespace tidings::bench {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long requests under way may take once the time is up.
constexpr double kLastAnswersSeconds = 5;

struct Connection {
  int fd = -1;
  std::int64_t index = -1;  // request in flight, -1: none
  SteadyClock::time_point since;
  std::string in;
};

/// Length of the whole answer at the front of `text`, 0 when it is not there yet, npos when broken.
std::size_t answer_length(std::string_view text, std::string_view& body) {
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  if (!text.starts_with("HTTP/1.")) return std::string_view::npos;
  std::size_t length = 0;
  for (std::size_t at = text.find("\r\n"); at < head;) {
    const std::size_t end = text.find("\r\n", at + 2);
    const std::string_view line = text.substr(at + 2, end - at - 2);
    if (line.size() > 15 && strncasecmp(line.data(), "content-length:", 15) == 0) {
      const std::size_t digits = line.find_first_of("0123456789");
      if (digits == std::string_view::npos) return std::string_view::npos;
      std::from_chars(line.data() + digits, line.data() + line.size(), length);
    }
    at = end;
  }
  if (text.size() < head + 4 + length) return 0;
  body = text.substr(head + 4, length);
  return head + 4 + length;
}

class Load {
 public:
  Load(const LoadOptions& options, const std::function<std::string(std::int64_t)>& request,
       const std::function<bool(std::int64_t, std::string_view)>& accept)
      : options_(options), request_(request), accept_(accept) {}

  LoadResult run() {
    epoll_ = epoll_create1(0);
    connections_.resize(static_cast<std::size_t>(options_.connections));
    for (Connection& connection : connections_) open(connection);
    started_ = SteadyClock::now();
    counted_from_ = started_;
    warm_ = options_.warm_up == 0 && options_.warm_up_seconds <= 0;
    for (Connection& connection : connections_) idle_.push_back(&connection);
    dispatch();
    const double end =
        options_.seconds > 0 ? options_.warm_up_seconds + options_.seconds : options_.max_seconds;
    while (done_ < options_.count && seconds_since(started_) < end) turn();
    result_.seconds = seconds_since(counted_from_);
    over_ = true;
    const auto over_since = SteadyClock::now();
    while (done_ < sent_ && seconds_since(over_since) < kLastAnswersSeconds) turn();
    for (Connection& connection : connections_) close(connection.fd);
    close(epoll_);
    std::sort(result_.latency_us.begin(), result_.latency_us.end());
    return std::move(result_);
  }

 private:
  static double seconds_since(SteadyClock::time_point then) {
    return std::chrono::duration<double>(SteadyClock::now() - then).count();
  }

  void open(Connection& connection) {
    connection.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ++result_.broken;
    }
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }

  SteadyClock::time_point due(std::int64_t index) const {
    return started_ + std::chrono::duration_cast<SteadyClock::duration>(
                          std::chrono::duration<double>(double(index) / options_.rate));
  }

  void dispatch() {
    while (!over_ && !idle_.empty() && sent_ < options_.count) {
      const auto now = SteadyClock::now();
      if (options_.rate > 0 && due(sent_) > now) return;
      Connection& connection = *idle_.front();
      idle_.pop_front();
      connection.index = sent_++;
      connection.since = options_.rate > 0 ? due(connection.index) : now;
      if (options_.on_sent) options_.on_sent(connection.index, connection.since);
      const std::string bytes = request_(connection.index);
      // Requests are far smaller than a socket buffer: a blocking write never blocks here.
      if (write(connection.fd, bytes.data(), bytes.size()) != ssize_t(bytes.size())) {
        lose(connection);
      }
    }
  }

  /// Until the next request is due, to the nanosecond: rounding to milliseconds would spin.
  timespec wait() const {
    constexpr std::int64_t kLongest = 100'000'000;
    std::int64_t left = kLongest;
    if (!over_ && options_.rate > 0 && !idle_.empty() && sent_ < options_.count) {
      left = std::chrono::nanoseconds(due(sent_) - SteadyClock::now()).count();
    }
    return {0, std::clamp<std::int64_t>(left, 0, kLongest)};
  }

  void turn() {
    epoll_event events[64];
    const timespec longest = wait();
    const int count = epoll_pwait2(epoll_, events, 64, &longest, nullptr);
    for (int i = 0; i < count; ++i) read_from(*static_cast<Connection*>(events[i].data.ptr));
    dispatch();
  }

  void read_from(Connection& connection) {
    char chunk[16384];
    const ssize_t got = recv(connection.fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got <= 0) return lose(connection);
    connection.in.append(chunk, static_cast<std::size_t>(got));
    std::string_view body;
    const std::size_t length = answer_length(connection.in, body);
    if (length == 0) return;
    if (length == std::string_view::npos || connection.index < 0) return lose(connection);
    answered(connection, body);
    connection.in.erase(0, length);
    connection.index = -1;
    idle_.push_back(&connection);
  }

  void answered(Connection& connection, std::string_view body) {
    const auto now = SteadyClock::now();
    ++done_;
    if (!accept_(connection.index, body)) {
      if (result_.refused++ == 0) result_.first_refusal = body;
      return;
    }
    ++result_.accepted;
    if (over_ || !is_warm(now)) return;
    ++result_.answered;
    result_.latency_us.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now - connection.since).count()));
  }

  /// False for the last answer of the warm-up too: counting begins with it.
  bool is_warm(SteadyClock::time_point now) {
    if (warm_) return true;
    warm_ = done_ >= options_.warm_up && seconds_since(started_) >= options_.warm_up_seconds;
    counted_from_ = now;
    return false;
  }

  void lose(Connection& connection) {
    ++result_.broken;
    if (connection.index >= 0) ++done_;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.fd, nullptr);
    close(connection.fd);
    connection.in.clear();
    connection.index = -1;
    open(connection);
    idle_.push_back(&connection);
  }

  const LoadOptions& options_;
  const std::function<std::string(std::int64_t)>& request_;
  const std::function<bool(std::int64_t, std::string_view)>& accept_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<Connection*> idle_;
  std::int64_t sent_ = 0;
  std::int64_t done_ = 0;
  bool warm_ = false;
  bool over_ = false;
  SteadyClock::time_point started_;
  SteadyClock::time_point counted_from_;
  LoadResult result_;
};

}  // namespace

double percentile_ms(const std::vector<std::uint32_t>& sorted_us, double share) {
  if (sorted_us.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * double(sorted_us.size()));
  return sorted_us[std::min(at, sorted_us.size() - 1)] / 1000.0;
}

double LoadResult::percentile_ms(double share) const {
  return bench::percentile_ms(latency_us, share);
}

LoadResult run_load(const LoadOptions& options,
                    const std::function<std::string(std::int64_t)>& request,
                    const std::function<bool(std::int64_t, std::string_view)>& accept) {
  // A client on a machine of its own would not take a server's CPU in the middle of its answers. One
  // that waits for a single answer shall have it at once.
  const sched_param no_priority{};
  if (options.connections > 1) sched_setscheduler(0, SCHED_BATCH, &no_priority);
  return Load(options, request, accept).run();
}

std::string post_request(std::string_view host, std::string_view target, std::string_view body) {
  std::string out;
  out.reserve(target.size() + body.size() + 160);
  out.append("POST ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
  out.append("\r\nContent-Type: application/json\r\nContent-Length: ");
  out.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return out;
}

}  // namespace tidings::bench
