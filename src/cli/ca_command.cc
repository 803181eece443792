// tidings ca init|issue|show: the built-in authority, for both ends of mutual TLS.
#include <filesystem>
#include <iostream>

#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/log_line.h"
#include "net/authority_folder.h"

namespace tidings::cli {
namespace {

struct CaOptions {
  std::string folder = "data/ca";
  std::string name = "Tidings authority";
  int authority_days = net::kAuthorityDays;
  int days = net::kCertificateDays;
  std::vector<std::string> hosts;
  bool client = false;
  bool renew = false;
};

std::string day(std::int64_t seconds) { return utc_time(seconds * 1000).substr(0, 10); }

std::string absolute(const std::string& path) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(path, ignored);
  return ignored ? path : whole.lexically_normal().string();
}

/// Wrong options end with 2, what stands on the disk with 1.
ExitCode refused(const Error& error) {
  return complain(error.kind == Errc::invalid_argument ? ExitCode::usage : ExitCode::failure,
                  error.what);
}

void declare_folder(CLI::App& command, CaOptions& options) {
  command.add_option("--folder", options.folder, "The authority's folder")
      ->capture_default_str()
      ->type_name("PATH");
}

void declare_days(CLI::App& command, CaOptions& options, const std::string& what) {
  command.add_option("--days", options.days, "How long " + what + " is valid")
      ->capture_default_str();
}

void declare_init(CLI::App& command, CaOptions& options) {
  declare_folder(command, options);
  command.add_option("--name", options.name, "What the authority is called")
      ->capture_default_str();
  command.add_option("--authority-days", options.authority_days, "How long the authority is valid")
      ->capture_default_str();
  declare_days(command, options, "the client certificate");
}

ExitCode init(const CaOptions& options) {
  const auto made = net::AuthorityFolder::create(options.folder, options.name,
                                                 options.authority_days, options.days,
                                                 SystemClock().now_s());
  if (!made) return refused(made.error());
  const auto summary = net::summarize_certificate(made->authority().certificate());
  if (!summary) return refused(summary.error());
  const std::string ca = absolute(made->ca_file());
  std::cout << "Made an authority (" << summary->subject << ", valid until "
            << day(summary->not_after_s) << ")\n"
            << "and the backend's client certificate in " << absolute(options.folder) << "\n\n"
            << "tidings serve: shows the client certificate, trusts what the authority signs and\n"
            << "hands it out on the admin door\n"
            << "  [serve]\n  ca_dir = \"" << absolute(options.folder) << "\"\n\n"
            << "tidings receive: lets in only whom the authority knows\n"
            << "  [receive]\n  tls.client_ca_file = \"" << ca << "\"\n"
            << "  [[receive.app]]\n  require_client_certificate = true\n\n"
            << "nginx in front of an app backend\n"
            << "  ssl_client_certificate " << ca << ";\n  ssl_verify_client on;\n\n"
            << "ca.key and client.key stay with the backend; ca.pem is for everyone.\n"
            << "A server certificate: tidings ca issue HOST --folder " << options.folder << "\n";
  return ExitCode::ok;
}

void declare_issue(CLI::App& command, CaOptions& options) {
  command.add_option("host", options.hosts,
                     "Names and addresses of the app backend; the first names the files");
  declare_folder(command, options);
  declare_days(command, options, "the certificate");
  command.add_flag("--client", options.client,
                   "The backend's client certificate instead; with --renew when it expires");
  command.add_flag("--renew", options.renew, "Replace what is there");
}

ExitCode issue(const CaOptions& options) {
  if (options.client != options.hosts.empty()) {
    return complain(ExitCode::usage, options.client
                                         ? "--client takes no hosts"
                                         : "name the app backend's hosts, or give --client");
  }
  const auto folder = net::AuthorityFolder::open(options.folder);
  if (!folder) return refused(folder.error());
  const std::int64_t now_s = SystemClock().now_s();
  const auto files = options.client
                         ? folder->issue_client(options.days, options.renew, now_s)
                         : folder->issue_server(options.hosts, options.days, options.renew, now_s);
  if (!files) return refused(files.error());
  const std::string certificate = absolute(files->certificate);
  const std::string key = absolute(files->key);
  std::cout << "certificate " << certificate << "\nkey         " << key << "\nvalid until "
            << day(files->not_after_s) << "\n";
  if (options.client) {
    std::cout << "\ntidings serve takes it up at its next start, or at SIGHUP.\n";
    return ExitCode::ok;
  }
  std::cout << "\ntidings receive\n  [receive]\n  tls.certificate_file = \"" << certificate
            << "\"\n  tls.key_file = \"" << key << "\"\n\nnginx\n  ssl_certificate "
            << certificate << ";\n  ssl_certificate_key " << key << ";\n";
  return ExitCode::ok;
}

ExitCode show(const CaOptions& options) {
  const auto folder = net::AuthorityFolder::open(options.folder);
  if (!folder) return refused(folder.error());
  const auto summary = net::summarize_certificate(folder->authority().certificate());
  if (!summary) return refused(summary.error());
  std::cerr << summary->subject << ", valid until " << day(summary->not_after_s) << ", SHA-256 "
            << summary->fingerprint << "\n";
  std::cout << folder->authority().certificate();
  return ExitCode::ok;
}

}  // namespace

void add_ca(CommandLine& line) {
  CLI::App* ca = line.parser.add_subcommand(
      "ca", "The built-in authority: certificates for both ends of HTTPS callbacks");
  ca->require_subcommand(1);
  line.add<CaOptions>(*ca, "init", "Make an authority and the backend's client certificate",
                      "  tidings ca init\n"
                      "  tidings ca init --folder /etc/tidings/ca --name \"Riverside authority\"\n",
                      declare_init, init);
  line.add<CaOptions>(*ca, "issue", "Make a server certificate for an app backend's host",
                      "  tidings ca issue hooks.riverside.test 10.0.0.7\n"
                      "  tidings ca issue hooks.riverside.test --days 90 --renew\n"
                      "  tidings ca issue --client --renew\n",
                      declare_issue, issue);
  line.add<CaOptions>(*ca, "show", "Print the authority's certificate (PEM)",
                      "  tidings ca show > ca.pem\n", declare_folder, show);
}

}  // namespace tidings::cli
