#include "delivery/callback_tls.h"

#include <utility>

namespace tidings::delivery {

Result<CallbackTls> CallbackTls::create(net::TlsClientOptions shared) {
  CallbackTls made;
  // Nothing of our own: the transport makes what it needs when the first https URL is called.
  if (shared.ca_file.empty() && shared.also_trusted_file.empty() &&
      shared.certificate_file.empty() && shared.verify) {
    return made;
  }
  TRY(made.shared_, net::TlsClient::create(shared));
  made.options_ = std::move(shared);
  return made;
}

Result<std::shared_ptr<net::TlsClient>> CallbackTls::of(const community::App& app) {
  const std::string& trusted_pem = app.callback.trusted_pem;
  if (trusted_pem.empty()) {
    own_.erase(app.id);
    return shared_;
  }
  const auto kept = own_.find(app.id);
  if (kept != own_.end() && kept->second.trusted_pem == trusted_pem) return kept->second.client;
  net::TlsClientOptions options = options_;
  options.trusted_pem = trusted_pem;
  TRY(auto client, net::TlsClient::create(options));
  own_[app.id] = {trusted_pem, client};
  return client;
}

}  // namespace tidings::delivery
