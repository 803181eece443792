/// CallbackTls: which TLS identity an app's callbacks use. Most apps share one (the authorities and
/// the client certificate of the configuration); an app with authorities of its own gets a context
/// of its own, kept until they change, so that connections and TLS sessions outlive other changes.
///
/// Errors: Errc::invalid_argument says which file or setting cannot be used.
/// Threads: the delivery lane's. Lifetime: contexts are counted references; an exchange under way
/// ends with the one it began with.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "community/app.h"
#include "net/tls.h"

namespace tidings::delivery {

class CallbackTls {
 public:
  /// Reads the files of `shared`.
  static Result<CallbackTls> create(net::TlsClientOptions shared);
  CallbackTls() = default;

  Result<std::shared_ptr<net::TlsClient>> of(const community::App& app);
  /// The files have changed: as create(), and every app's context is made anew at its next use.
  void replace(CallbackTls fresh) { *this = std::move(fresh); }
  void forget(SdkAppId app) { own_.erase(app); }

 private:
  struct Own {
    std::string trusted_pem;
    std::shared_ptr<net::TlsClient> client;
  };
  net::TlsClientOptions options_;
  std::shared_ptr<net::TlsClient> shared_;  // nullptr: the transport's default
  std::unordered_map<SdkAppId, Own> own_;
};

}  // namespace tidings::delivery
