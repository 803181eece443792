/// The folder of the built-in authority, as `tidings ca` makes it and `tidings serve` reads it:
///
///   ca.pem      the authority's certificate: for everyone who shall trust it
///   ca.key      its key, mode 0600: stays here
///   client.pem  the backend's client certificate; client.key, mode 0600
///   HOST.pem    server certificates for app backends; HOST.key, mode 0600
///
/// Errors: Errc::conflict where a file is there already (nothing was changed), Errc::not_found where
/// there is no authority (says how to make one), Errc::forbidden for a key that others may read,
/// else as CertificateAuthority and base/private_file.h. Threads: one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/certificate_authority.h"

namespace tidings::net {

class AuthorityFolder {
 public:
  /// Certificate and key as files.
  struct Files {
    std::string certificate;
    std::string key;
    std::int64_t not_after_s = 0;
  };

  /// Makes the folder (mode 0700) and in it a new authority with the backend's client certificate.
  static Result<AuthorityFolder> create(const std::filesystem::path& path, const std::string& name,
                                        int authority_days, int client_days, std::int64_t now_s);
  static Result<AuthorityFolder> open(const std::filesystem::path& path);
  AuthorityFolder() = default;

  /// `replace`: renews what is there; else that is a conflict.
  Result<Files> issue_server(const std::vector<std::string>& hosts, int days, bool replace,
                             std::int64_t now_s) const;
  Result<Files> issue_client(int days, bool replace, std::int64_t now_s) const;

  [[nodiscard]] const CertificateAuthority& authority() const { return authority_; }
  [[nodiscard]] std::string ca_file() const { return file("ca.pem"); }
  [[nodiscard]] std::string client_certificate_file() const { return file("client.pem"); }
  [[nodiscard]] std::string client_key_file() const { return file("client.key"); }

 private:
  AuthorityFolder(std::filesystem::path path, CertificateAuthority authority)
      : path_(std::move(path)), authority_(std::move(authority)) {}
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] Result<Files> write(const std::string& name, const IssuedCertificate& issued,
                                    bool replace) const;

  std::filesystem::path path_;
  CertificateAuthority authority_;
};

}  // namespace tidings::net
