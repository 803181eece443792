/// Nobody unverified gets in (P7): the checks of a callback, in design.md's order, each made only
/// when the one before has passed. Pure: what a request was is a value, the time a parameter.
///
/// Method and size, SdkAppid, source address, client certificate, Sign and Standard Webhooks
/// signature, JSON, and that query and body name the same command.
///
/// Threads: share freely. replace() changes what counts from the next verify() on: tokens and secrets
/// are rotated without a restart.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "receiver/mirror_apply.h"
#include "receiver/receiver_options.h"
#include "receiver/refusal.h"

namespace tidings::receiver {

inline constexpr std::string_view kSequenceHeader = "tidings-sequence";

/// What the checks look at. Views into the request.
struct Incoming {
  std::string_view method = "POST";
  std::string_view target;              ///< path and query, as sent
  std::string_view body;
  std::string_view source;              ///< IP address the request is from
  std::string_view client_certificate;  ///< verified subject; empty: none
  std::string_view sequence;            ///< header tidings-sequence
  std::string_view webhook_id, webhook_timestamp, webhook_signature;  ///< headers
};

struct Accepted {
  Callback callback;
  std::shared_ptr<const CheckedApp> app;
};
using Verdict = std::variant<Accepted, Refused>;

/// Further demands on a client certificate, e.g. its subject. An error refuses.
using CertificateCheck = std::function<Result<void>(SdkAppId app, std::string_view subject)>;

class Verifier {
 public:
  Verifier(const ReceiverOptions& options, CheckedApps apps, CertificateCheck certificate = {});

  [[nodiscard]] Verdict verify(const Incoming& incoming, std::int64_t now_s) const;
  [[nodiscard]] std::shared_ptr<const CheckedApps> apps() const {
    const std::lock_guard lock(mutex_);
    return apps_;
  }
  void replace(CheckedApps apps) {
    auto fresh = std::make_shared<const CheckedApps>(std::move(apps));
    const std::lock_guard lock(mutex_);
    apps_ = std::move(fresh);
  }

 private:
  [[nodiscard]] Result<void> check_certificate(const CheckedApp& app,
                                               std::string_view subject) const;
  [[nodiscard]] Result<void> check_signature(const CheckedApp& app, const CallbackQuery& query,
                                             const Incoming& incoming, std::int64_t now_s) const;

  mutable std::mutex mutex_;                 // protects the pointer, not what it points to
  std::shared_ptr<const CheckedApps> apps_;
  const CertificateCheck certificate_;
  const std::int64_t sign_window_s_;
  const std::int64_t webhook_tolerance_s_;
  const std::size_t max_body_bytes_;
};

}  // namespace tidings::receiver
