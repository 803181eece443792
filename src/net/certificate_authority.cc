#include "net/certificate_authority.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <ctime>

namespace tidings::net {
namespace {

constexpr std::int64_t kDaySeconds = 24 * 3600;
constexpr std::int64_t kEarlySeconds = 3600;
constexpr std::size_t kMostNameBytes = 64;  // ub-common-name of RFC 5280
constexpr std::size_t kMostHostBytes = 63;  // protocol 6.5

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPair = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;
using Memory = std::unique_ptr<BIO, Freeing<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freeing<X509_EXTENSION_free>>;

Error broken() { return fail(Errc::internal, "OpenSSL cannot make the certificate"); }

std::string memory_text(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string write_certificate(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return memory_text(memory.get());
}

std::string write_key(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return memory_text(memory.get());
}

/// A key of its own must not make OpenSSL ask the terminal for a passphrase.
int refuse_passphrase(char*, int, int, void*) { return -1; }

Certificate read_certificate(std::string_view pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(memory.get(), nullptr, refuse_passphrase, nullptr));
}

KeyPair read_key(std::string_view pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyPair(PEM_read_bio_PrivateKey(memory.get(), nullptr, refuse_passphrase, nullptr));
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  constexpr int kSerialBits = 127;  // positive, and at most 20 bytes (RFC 5280, 4.1.2.2)
  const Number number(BN_new());
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_subject(X509* certificate, const std::string& name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

/// Everything but the extensions and the signature.
Certificate begin_certificate(const std::string& subject, EVP_PKEY* key, std::int64_t now_s,
                              std::int64_t until_s) {
  Certificate certificate(X509_new());
  const bool good = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_serial(certificate.get()) && set_subject(certificate.get(), subject) &&
                    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now_s - kEarlySeconds) &&
                    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), until_s) &&
                    X509_set_pubkey(certificate.get(), key) == 1;
  if (!good) certificate.reset();
  return certificate;
}

Result<void> check_days(int days, int most) {
  if (days >= 1 && days <= most) return {};
  return fail(Errc::invalid_argument, "days: " + std::to_string(days) + " given, 1 to " +
                                          std::to_string(most) + " are allowed");
}

Result<void> check_name(const std::string& name) {
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
  });
  if (printable && !name.empty() && name.size() <= kMostNameBytes) return {};
  return fail(Errc::invalid_argument,
              "name: give 1 to " + std::to_string(kMostNameBytes) + " bytes of printable text");
}

bool names_an_address(std::string_view host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(std::string(host), error);
  return !error;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<void> check_certificate_host(std::string_view host) {
  const std::string shown = "'" + std::string(host.substr(0, kMostHostBytes + 1)) + "'";
  if (names_an_address(host)) return {};
  if (host.empty() || host.size() > kMostHostBytes) {
    return fail(Errc::invalid_argument, shown + " is no host: give a name of 1 to " +
                                            std::to_string(kMostHostBytes) +
                                            " bytes, or an address");
  }
  char before = '.';
  for (const char c : host) {
    const bool good = is_letter_or_digit(c) || (c == '-' && is_letter_or_digit(before)) ||
                      (c == '.' && is_letter_or_digit(before));
    if (!good) {
      return fail(Errc::invalid_argument,
                  shown + " is no host: a name has letters, digits and single hyphens between "
                          "them, in labels that dots separate; no port, no scheme, no wildcard");
    }
    before = c;
  }
  if (!is_letter_or_digit(before)) {
    return fail(Errc::invalid_argument, shown + " is no host: it ends in a hyphen or a dot");
  }
  return {};
}

Result<CertificateSummary> summarize_certificate(std::string_view pem) {
  const Certificate certificate = read_certificate(pem);
  if (!certificate) return fail(Errc::invalid_argument, "holds no certificate in PEM form");
  CertificateSummary summary;
  const Memory subject(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(subject.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253);
  summary.subject = memory_text(subject.get());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned i = 0; i < size; ++i) {
    summary.fingerprint += kDigits[digest[i] >> 4U];
    summary.fingerprint += kDigits[digest[i] & 15U];
  }
  summary.not_after_s = seconds_of(X509_get0_notAfter(certificate.get()));
  return summary;
}

struct CertificateAuthority::Pair {
  Certificate certificate;
  KeyPair key;

  /// `usage`: extendedKeyUsage. `names`: subjectAltName, or "".
  [[nodiscard]] Result<IssuedCertificate> issue(const std::string& subject, const char* usage,
                                                const std::string& names, int days,
                                                std::int64_t now_s) const;
};

Result<IssuedCertificate> CertificateAuthority::Pair::issue(const std::string& subject,
                                                            const char* usage,
                                                            const std::string& names, int days,
                                                            std::int64_t now_s) const {
  const std::int64_t end_s = seconds_of(X509_get0_notAfter(certificate.get()));
  if (end_s <= now_s) {
    return fail(Errc::conflict, "the authority's own certificate has expired; make a new authority "
                                "in another folder, and give its certificate to every app backend");
  }
  const std::int64_t until_s = std::min(end_s, now_s + days * kDaySeconds);
  const KeyPair leaf_key(EVP_EC_gen("P-256"));
  if (!leaf_key) return broken();
  const Certificate leaf = begin_certificate(subject, leaf_key.get(), now_s, until_s);
  X509* const issuer = certificate.get();
  const bool good =
      leaf && X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer)) == 1 &&
      add_extension(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(leaf.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
      add_extension(leaf.get(), issuer, NID_ext_key_usage, usage) &&
      (names.empty() ||
       add_extension(leaf.get(), issuer, NID_subject_alt_name, names.c_str())) &&
      add_extension(leaf.get(), issuer, NID_subject_key_identifier, "hash") &&
      add_extension(leaf.get(), issuer, NID_authority_key_identifier, "keyid:always") &&
      X509_sign(leaf.get(), key.get(), EVP_sha256()) > 0;
  if (!good) return broken();
  return IssuedCertificate{write_certificate(leaf.get()), write_key(leaf_key.get()), until_s};
}

Result<CertificateAuthority> CertificateAuthority::make(const std::string& name, int days,
                                                        std::int64_t now_s) {
  TRY_VOID(check_name(name));
  TRY_VOID(check_days(days, 2 * kAuthorityDays));
  const KeyPair key(EVP_EC_gen("P-256"));
  if (!key) return broken();
  const Certificate made =
      begin_certificate(name, key.get(), now_s, now_s + days * kDaySeconds);
  const bool good =
      made && X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1 &&
      add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash") &&
      X509_sign(made.get(), key.get(), EVP_sha256()) > 0;
  if (!good) return broken();
  return from_pem(write_certificate(made.get()), write_key(key.get()));
}

Result<CertificateAuthority> CertificateAuthority::from_pem(const std::string& certificate,
                                                            const std::string& key) {
  auto pair = std::make_shared<Pair>();
  pair->certificate = read_certificate(certificate);
  pair->key = read_key(key);
  if (!pair->certificate) {
    return fail(Errc::corrupt, "the authority's certificate is no certificate in PEM form");
  }
  if (!pair->key) return fail(Errc::corrupt, "the authority's key is no key in PEM form");
  if (X509_check_private_key(pair->certificate.get(), pair->key.get()) != 1) {
    return fail(Errc::corrupt, "the authority's key does not belong to its certificate");
  }
  if (X509_check_ca(pair->certificate.get()) < 1) {
    return fail(Errc::corrupt, "the authority's certificate is not that of an authority");
  }
  CertificateAuthority authority;
  authority.pair_ = std::move(pair);
  authority.certificate_ = certificate;
  authority.key_ = key;
  return authority;
}

Result<IssuedCertificate> CertificateAuthority::issue_server(const std::vector<std::string>& hosts,
                                                             int days, std::int64_t now_s) const {
  TRY_VOID(check_days(days, kMostCertificateDays));
  if (hosts.empty() || hosts.size() > kMostHosts) {
    return fail(Errc::invalid_argument,
                "hosts: " + std::to_string(hosts.size()) + " given, 1 to " +
                    std::to_string(kMostHosts) + " are allowed");
  }
  std::string names;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (auto checked = check_certificate_host(hosts[i]); !checked) {
      return fail(Errc::invalid_argument,
                  "hosts[" + std::to_string(i) + "]: " + checked.error().what);
    }
    names += (i == 0 ? "" : ",") + std::string(names_an_address(hosts[i]) ? "IP:" : "DNS:") + hosts[i];
  }
  return pair_->issue(hosts.front(), "serverAuth", names, days, now_s);
}

Result<IssuedCertificate> CertificateAuthority::issue_client(const std::string& name, int days,
                                                             std::int64_t now_s) const {
  TRY_VOID(check_days(days, kMostCertificateDays));
  TRY_VOID(check_name(name));
  return pair_->issue(name, "clientAuth", "", days, now_s);
}

}  // namespace tidings::net
