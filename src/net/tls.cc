#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <ctime>

namespace tidings::net {
namespace {

using boost::system::error_code;
namespace ssl = boost::asio::ssl;

constexpr auto kOldProtocols = ssl::context::default_workarounds | ssl::context::no_sslv2 |
                               ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                               ssl::context::no_tlsv1_1;

Error bad_file(std::string_view field, const std::string& file, const error_code& cause) {
  return Error{Errc::invalid_argument,
               std::string(field) + " '" + file + "' cannot be used: " + cause.message() +
                   "; it must be a readable PEM file",
               0, cause};
}

/// OpenSSL asks the terminal for one otherwise.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<std::shared_ptr<TlsContext>> make_server_context(const TlsServerOptions& options) {
  auto context = std::make_shared<TlsContext>(ssl::context::tls_server);
  context->set_options(kOldProtocols | ssl::context::single_dh_use);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code error;
  context->use_certificate_chain_file(options.certificate_file, error);
  if (error) return bad_file("certificate file", options.certificate_file, error);
  context->use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error) return bad_file("key file", options.key_file, error);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return fail(Errc::invalid_argument, "key file '" + options.key_file +
                                            "' does not belong to certificate file '" +
                                            options.certificate_file + "'");
  }
  // Resumption needs a session id context where client certificates are in use.
  static constexpr unsigned char kSessionContext[] = "tidings";
  SSL_CTX_set_session_id_context(context->native_handle(), kSessionContext,
                                 sizeof kSessionContext - 1);
  if (!options.client_ca_file.empty()) {
    context->load_verify_file(options.client_ca_file, error);
    if (error) return bad_file("client CA file", options.client_ca_file, error);
    SSL_CTX_set_client_CA_list(context->native_handle(),
                               SSL_load_client_CA_file(options.client_ca_file.c_str()));
    auto mode = ssl::verify_peer;
    if (options.require_client_certificate) mode |= ssl::verify_fail_if_no_peer_cert;
    context->set_verify_mode(mode, error);
  } else if (options.require_client_certificate) {
    return fail(Errc::invalid_argument,
                "client certificates are required, but no client CA file says whose");
  }
  return context;
}

Result<void> check_trusted_pem(std::string_view pem, std::int64_t now_s) {
  if (pem.find("PRIVATE KEY") != std::string_view::npos) {
    return fail(Errc::invalid_argument,
                "it holds a private key, which belongs to nobody else; give certificates only");
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  std::size_t count = 0;
  for (;; ++count) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr), &X509_free);
    if (!certificate) break;
    auto now = static_cast<std::time_t>(now_s);
    if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &now) <= 0) {
      return fail(Errc::invalid_argument,
                  "certificate " + std::to_string(count + 1) + " has expired; give its successor");
    }
  }
  const auto end = ERR_peek_last_error();
  ERR_clear_error();
  if (count == 0) {
    return fail(Errc::invalid_argument,
                "it holds no certificate; give PEM text, -----BEGIN CERTIFICATE----- and on");
  }
  if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return fail(Errc::invalid_argument,
                "certificate " + std::to_string(count + 1) + " cannot be read: it is damaged");
  }
  if (count > kMostTrustedCertificates) {
    return fail(Errc::invalid_argument, std::to_string(count) + " certificates given, at most " +
                                            std::to_string(kMostTrustedCertificates) +
                                            " are allowed");
  }
  return {};
}

TlsClient::TlsClient(bool verify) : context_(ssl::context::tls_client), verify_(verify) {
  context_.set_options(kOldProtocols);
  SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
  // Sessions are kept by the pool, per origin.
  SSL_CTX_set_session_cache_mode(context_.native_handle(), SSL_SESS_CACHE_OFF);
}

Result<std::shared_ptr<TlsClient>> TlsClient::create(const TlsClientOptions& options) {
  auto client = std::shared_ptr<TlsClient>(new TlsClient(options.verify));
  auto& context = client->context_;
  error_code error;
  if (!options.trusted_pem.empty()) {
    context.add_certificate_authority(boost::asio::buffer(options.trusted_pem), error);
    if (error) {
      return Error{Errc::invalid_argument,
                   "the trusted certificates cannot be used: " + error.message(), 0, error};
    }
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.native_handle()),
                                X509_V_FLAG_PARTIAL_CHAIN);
  } else if (options.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(options.ca_file, error);
    if (error) return bad_file("CA file", options.ca_file, error);
  }
  if (options.trusted_pem.empty() && !options.also_trusted_file.empty()) {
    context.load_verify_file(options.also_trusted_file, error);
    if (error) return bad_file("CA file", options.also_trusted_file, error);
  }
  if (!options.certificate_file.empty()) {
    context.use_certificate_chain_file(options.certificate_file, error);
    if (error) return bad_file("client certificate file", options.certificate_file, error);
    context.use_private_key_file(options.key_file, ssl::context::pem, error);
    if (error) return bad_file("client key file", options.key_file, error);
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
      return fail(Errc::invalid_argument, "client key file '" + options.key_file +
                                              "' does not belong to client certificate file '" +
                                              options.certificate_file + "'");
    }
  }
  context.set_verify_mode(options.verify ? ssl::verify_peer : ssl::verify_none, error);
  return client;
}

}  // namespace tidings::net
