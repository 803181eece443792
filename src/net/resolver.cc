#include "net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cstring>

namespace tidings::net {
namespace {

/// Runs on the blocking pool, so it owns its name.
struct Lookup {
  std::string host;

  Result<Addresses> operator()() const {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (failed != 0) {
      const bool unknown = failed == EAI_NONAME || failed == EAI_NODATA;
      return fail(unknown ? Errc::not_found : Errc::unavailable,
                  "host '" + host + "': " + ::gai_strerror(failed));
    }
    Addresses addresses;
    for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
      if (entry->ai_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, entry->ai_addr, sizeof v4);
        addresses.emplace_back(boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)));
      } else if (entry->ai_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, entry->ai_addr, sizeof v6);
        boost::asio::ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
        addresses.emplace_back(boost::asio::ip::address_v6(bytes, v6.sin6_scope_id));
      }
    }
    ::freeaddrinfo(list);
    if (addresses.empty()) return fail(Errc::not_found, "host '" + host + "' has no address");
    return addresses;
  }
};

}  // namespace

SystemResolver::SystemResolver(runtime::BlockingPool& pool, std::chrono::milliseconds keep)
    : pool_(pool), keep_(keep) {}

runtime::awaitable<Result<Addresses>> SystemResolver::resolve(std::string host) {
  boost::system::error_code not_numeric;
  const auto numeric = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Addresses{numeric};
  if (const auto kept = kept_.find(host); kept != kept_.end()) {
    if (!kept->second.until.passed()) co_return kept->second.addresses;
    kept_.erase(kept);
  }
  Lookup lookup{host};
  auto found = co_await pool_.run(std::move(lookup));
  if (!found) co_return std::move(found).error();
  if (kept_.size() >= kMaxKept) kept_.clear();
  kept_[host] = Kept{*found, runtime::Deadline::after(keep_)};
  co_return std::move(*found);
}

}  // namespace tidings::net
