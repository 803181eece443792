#include "net/authority_folder.h"

#include <algorithm>
#include <utility>

#include "base/private_file.h"

namespace tidings::net {
namespace {

namespace fs = std::filesystem;

/// The backend's, in client.pem; it is what an app backend sees and may look for.
constexpr const char* kClientName = "Tidings client";

/// A file of the host's name; the colons of an IPv6 address are a nuisance in shells.
std::string file_name(std::string host) {
  std::replace(host.begin(), host.end(), ':', '_');
  return host;
}

}  // namespace

Result<AuthorityFolder> AuthorityFolder::create(const fs::path& path, const std::string& name,
                                                int authority_days, int client_days,
                                                std::int64_t now_s) {
  // Everything that can be refused is, before the first file.
  TRY(CertificateAuthority authority,
      CertificateAuthority::make(name, authority_days, now_s));
  TRY(const IssuedCertificate client, authority.issue_client(kClientName, client_days, now_s));
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (error) {
    return fail(Errc::unavailable,
                "authority folder " + path.string() + ": cannot be made: " + error.message());
  }
  if (made) fs::permissions(path, fs::perms::owner_all, error);
  AuthorityFolder folder(path, std::move(authority));
  for (const char* existing : {"ca.key", "ca.pem", "client.key", "client.pem"}) {
    if (!fs::exists(folder.file(existing), error)) continue;
    return fail(Errc::conflict, folder.file(existing) +
                                    " is there already and is not overwritten; choose another "
                                    "folder, or move it away if nobody trusts it any more");
  }
  TRY_VOID(create_file("authority key", folder.file("ca.key"), folder.authority_.key(),
                       kOwnerOnly));
  TRY_VOID(create_file("authority certificate", folder.ca_file(),
                       folder.authority_.certificate(), kEveryoneReads));
  TRY_VOID(folder.write("client", client, /*replace=*/false));
  return folder;
}

Result<AuthorityFolder> AuthorityFolder::open(const fs::path& path) {
  const auto hint = [&path](Error error) {
    if (error.kind == Errc::not_found) {
      error.what += "; make an authority with: tidings ca init --folder " + path.string();
    }
    return error;
  };
  auto certificate = read_file("authority certificate", path / "ca.pem");
  if (!certificate) return hint(std::move(certificate).error());
  auto key = read_private_file("authority key", path / "ca.key");
  if (!key) return hint(std::move(key).error());
  auto authority = CertificateAuthority::from_pem(*certificate, *key);
  if (!authority) {
    return fail(authority.error().kind,
                "authority folder " + path.string() + ": " + authority.error().what);
  }
  return AuthorityFolder(path, std::move(*authority));
}

Result<AuthorityFolder::Files> AuthorityFolder::write(const std::string& name,
                                                      const IssuedCertificate& issued,
                                                      bool replace) const {
  const Files files{file(name + ".pem"), file(name + ".key"), issued.not_after_s};
  if (replace) {
    TRY_VOID(replace_file("key", files.key, issued.key, kOwnerOnly));
    TRY_VOID(replace_file("certificate", files.certificate, issued.certificate, kEveryoneReads));
    return files;
  }
  std::error_code ignored;
  for (const std::string& each : {files.key, files.certificate}) {
    if (!fs::exists(each, ignored)) continue;
    return fail(Errc::conflict, each + " is there already; --renew replaces it");
  }
  TRY_VOID(create_file("key", files.key, issued.key, kOwnerOnly));
  TRY_VOID(create_file("certificate", files.certificate, issued.certificate, kEveryoneReads));
  return files;
}

Result<AuthorityFolder::Files> AuthorityFolder::issue_server(const std::vector<std::string>& hosts,
                                                             int days, bool replace,
                                                             std::int64_t now_s) const {
  TRY(const IssuedCertificate issued, authority_.issue_server(hosts, days, now_s));
  const std::string name = file_name(hosts.front());
  if (name == "ca" || name == "client") {
    return fail(Errc::invalid_argument, "hosts[0]: '" + name + "' is the name of a file that the "
                                        "folder needs itself; put another host first");
  }
  return write(name, issued, replace);
}

Result<AuthorityFolder::Files> AuthorityFolder::issue_client(int days, bool replace,
                                                             std::int64_t now_s) const {
  TRY(const IssuedCertificate issued, authority_.issue_client(kClientName, days, now_s));
  return write("client", issued, replace);
}

}  // namespace tidings::net
