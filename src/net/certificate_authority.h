/// CertificateAuthority: a small authority for the two ends of Tidings. It signs the certificate by
/// which the backend shows who it is (mutual TLS), and server certificates for app backends that
/// have none of a public authority (protocol 6.5, 8.5).
///
/// Shape: ECDSA on P-256, SHA-256, X.509 v3. The authority may sign leaves only (path length 0); a
/// leaf serves one purpose, server or client. Validity begins an hour early, for clocks that are
/// behind, and never ends after the authority's own.
/// Errors: Errc::invalid_argument names the field ("hosts[1]", "days"), the value and the rule;
/// Errc::corrupt for a certificate and key that are none or do not belong together.
/// Threads: immutable once made; share freely.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidings::net {

inline constexpr int kAuthorityDays = 3650;
inline constexpr int kCertificateDays = 397;       ///< what public authorities keep to
inline constexpr int kMostCertificateDays = 825;   ///< what clients in the field accept at most
inline constexpr std::size_t kMostHosts = 32;

/// PEM, both.
struct IssuedCertificate {
  std::string certificate;
  std::string key;
  std::int64_t not_after_s = 0;
};

/// What a certificate says, for people.
struct CertificateSummary {
  std::string subject;      ///< RFC 2253: "CN=Tidings client"
  std::string fingerprint;  ///< SHA-256, lower-case hexadecimal
  std::int64_t not_after_s = 0;
};
/// Of the first certificate in a PEM text. Errc::invalid_argument: there is none.
Result<CertificateSummary> summarize_certificate(std::string_view pem);

/// A host name a certificate may be issued for: an IPv4 or IPv6 address, or a name by the rules of
/// protocol 6.5. The error says which rule.
Result<void> check_certificate_host(std::string_view host);

class CertificateAuthority {
 public:
  /// A new one, called `name` (1 to 64 bytes), valid for `days`.
  static Result<CertificateAuthority> make(const std::string& name, int days, std::int64_t now_s);
  static Result<CertificateAuthority> from_pem(const std::string& certificate,
                                               const std::string& key);
  CertificateAuthority() = default;

  /// For a server that is reached by these names and addresses; the first becomes the subject.
  [[nodiscard]] Result<IssuedCertificate> issue_server(const std::vector<std::string>& hosts,
                                                       int days, std::int64_t now_s) const;
  /// For a client that shows who it is: `name` becomes the subject.
  [[nodiscard]] Result<IssuedCertificate> issue_client(const std::string& name, int days,
                                                       std::int64_t now_s) const;

  [[nodiscard]] const std::string& certificate() const { return certificate_; }  ///< PEM
  /// PEM; for the file it is kept in, never for a text or an answer.
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  struct Pair;
  std::shared_ptr<const Pair> pair_;
  std::string certificate_;
  std::string key_;
};

}  // namespace tidings::net
