#include "cli/config_trial.h"

#include <filesystem>
#include <utility>

#include "backend/admin/admin_token.h"
#include "base/private_file.h"
#include "cli/receive_options.h"
#include "cli/serve_options.h"
#include "cli/serve_store.h"
#include "delivery/callback_tls.h"
#include "net/authority_folder.h"
#include "store/secret_box.h"

namespace tidings::cli {
namespace {

class Trial {
 public:
  void serve(const ServeConfig& config) {
    listener("serve.tls", tls_options(config.tls));
    listener("serve.admin_tls", tls_options(config.admin_tls));
    bool authority = true;
    if (!config.ca_dir.empty()) {
      authority = check("serve.ca_dir", net::AuthorityFolder::open(config.ca_dir));
    }
    if (authority) {
      check("serve.callbacks", delivery::CallbackTls::create(callback_tls_options(config)));
    }
    if (!config.admin_token.empty()) {
      check("serve.admin_token", backend::AdminToken::from_text(config.admin_token));
    } else if (is_there(config.admin_token_file)) {
      check("serve.admin_token_file", backend::AdminToken::read(config.admin_token_file));
    }
    if (is_there(config.secret_key_file)) {
      check("serve.secret_key_file", secret_keys(config.secret_key_file));
    }
  }

  void receive(const ReceiveConfig& config, bool wants_app) {
    if (wants_app && config.apps.empty()) {
      problems.push_back({"receive.app", kNoApp});
    }
    const auto callbacks = callback_server_options(config);
    if (check("receive", callbacks)) listener("receive.tls", callbacks->tls);
    listener("receive.admin_tls", tls_options(config.admin_tls));
    const auto options = receiver_options(config);
    if (check("receive.admin_token_file", options)) {
      check("receive.app", receiver::check_options(*options));
    }
    for (std::size_t i = 0; i < config.apps.size(); ++i) {
      const std::string& ca_file = config.apps[i].source.ca_file;
      if (ca_file.empty()) continue;
      net::TlsClientOptions tls;
      tls.ca_file = ca_file;
      check("receive.app[" + std::to_string(i) + "].source.ca_file", net::TlsClient::create(tls));
    }
  }

  std::vector<ConfigProblem> problems;

 private:
  template <class Value>
  bool check(std::string place, const Result<Value>& tried) {
    if (!tried) problems.push_back({std::move(place), tried.error().what});
    return tried.has_value();
  }
  void listener(const std::string& place, const std::optional<net::TlsServerOptions>& tls) {
    if (tls) check(place, net::make_server_context(*tls));
  }
  /// The daemon makes the file where there is none.
  static bool is_there(const std::string& file) {
    std::error_code ignored;
    return !file.empty() && std::filesystem::exists(file, ignored);
  }
  static Result<store::SecretBox> secret_keys(const std::string& file) {
    TRY(const std::string text, read_private_file(kSecretKeyFile, file));
    auto box = store::SecretBox::from_keys(text);
    if (box) return box;
    return fail(box.error().kind,
                std::string(kSecretKeyFile) + " " + file + ": " + box.error().what);
  }
};

}  // namespace

std::vector<ConfigProblem> try_config(const Config& config, ConfigUse use) {
  Trial trial;
  if (use != ConfigUse::receive) trial.serve(config.serve);
  if (use != ConfigUse::serve) trial.receive(config.receive, use == ConfigUse::receive);
  return std::move(trial.problems);
}

}  // namespace tidings::cli
