#include "load/feed_reader.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

namespace tidings::bench {

bool FeedReader::start(const std::string& host, std::uint16_t port) {
  fd_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
  const std::string request = "GET /feed HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  if (write(fd_, request.data(), request.size()) != ssize_t(request.size())) return false;
  char chunk[4096];
  // The feed's first words come after it has noted where the inbox ends.
  while (text_.find("\n\n") == std::string::npos) {
    const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
    if (got <= 0) return false;
    text_.append(chunk, static_cast<std::size_t>(got));
  }
  if (text_.find(" 200 ") == std::string::npos) return false;
  thread_ = std::thread([this] { read(); });
  return true;
}

void FeedReader::stop() {
  if (thread_.joinable()) {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
  }
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void FeedReader::note(std::size_t number) {
  if (number >= arrived_.size()) return;
  if (arrived_[number] != TimePoint{}) {
    ++twice_;
    return;
  }
  arrived_[number] = std::chrono::steady_clock::now();
  seen_.fetch_add(1, std::memory_order_release);
}

void FeedReader::read() {
  char chunk[65536];
  while (true) {
    const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
    if (got <= 0) return;
    text_.append(chunk, static_cast<std::size_t>(got));
    std::size_t done = 0;
    for (std::size_t at = 0; (at = text_.find(needle_, at)) != std::string::npos;) {
      at += needle_.size();
      const std::size_t end = text_.find('"', at);
      if (end == std::string::npos) break;
      std::size_t number = arrived_.size();
      std::from_chars(text_.data() + at, text_.data() + end, number);
      note(number);
      done = end;
    }
    // What may be the beginning of a name stays.
    const std::size_t tail = needle_.size() + 20;
    if (text_.size() - done > tail) done = text_.size() - tail;
    text_.erase(0, done);
  }
}

}  // namespace tidings::bench
