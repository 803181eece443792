// Goal: what the built-in authority signs is good for its one purpose and its hosts only, and its
// keys are its owner's alone. Method: certificates read back by openssl's own verification, and TLS
// between the server and the client of this folder with them.
#include "net/certificate_authority.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>

#include "base/private_file.h"
#include "net/authority_folder.h"
#include "net/tls.h"

namespace tidings::net {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kDay = 24 * 3600;

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 1024> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  return text + (::pclose(pipe) == 0 ? "exit 0" : "exit failed");
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class Authority : public testing::Test {
 protected:
  Authority() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidings-auth-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    folder += "/ca";
  }
  ~Authority() override { std::filesystem::remove_all(folder.parent_path()); }

  AuthorityFolder created() {
    return AuthorityFolder::create(folder, "Ours", 3650, 397, kNow).value();
  }
  [[nodiscard]] std::string openssl(const std::string& arguments) const {
    return output_of("cd '" + folder.string() + "' && openssl " + arguments);
  }
  [[nodiscard]] unsigned mode_of(const std::string& name) const {
    struct stat status {};
    return ::stat((folder / name).c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
  }
  std::filesystem::path folder;
};

TEST_F(Authority, KeepsKeysForTheOwnerOnlyAndCertificatesForEveryone) {
  const auto made = created();
  ASSERT_TRUE(made.issue_server({"hooks.test"}, 397, false, kNow));
  for (const char* key : {"ca.key", "client.key", "hooks.test.key"}) {
    EXPECT_EQ(mode_of(key), 0600U) << key;
  }
  for (const char* pem : {"ca.pem", "client.pem", "hooks.test.pem"}) {
    EXPECT_EQ(mode_of(pem), 0644U) << pem;
  }
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(Authority, SignsForOnePurposeWithNamesAndAddresses) {
  const auto made = created();
  ASSERT_TRUE(made.issue_server({"hooks.test", "10.0.0.7", "::1"}, 90, false, kNow));
  const auto text = openssl("x509 -noout -text -in hooks.test.pem");
  EXPECT_TRUE(has(text, "DNS:hooks.test, IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1")) << text;
  EXPECT_TRUE(has(text, "TLS Web Server Authentication")) << text;
  EXPECT_FALSE(has(text, "TLS Web Client Authentication"));
  EXPECT_TRUE(has(text, "CA:FALSE") && has(text, "prime256v1") && has(text, "Version: 3"));
  const auto at = " -attime " + std::to_string(kNow) + " -x509_strict -CAfile ca.pem ";
  EXPECT_TRUE(has(openssl("verify -purpose sslserver" + at + "hooks.test.pem"), "exit 0"));
  EXPECT_FALSE(has(openssl("verify -purpose sslclient" + at + "hooks.test.pem"), "exit 0"));
  EXPECT_TRUE(has(openssl("verify -purpose sslclient" + at + "client.pem"), "exit 0"));
  EXPECT_FALSE(has(openssl("verify -purpose sslserver" + at + "client.pem"), "exit 0"));
  const auto late = " -attime " + std::to_string(kNow + 91 * kDay) + " -CAfile ca.pem ";
  EXPECT_TRUE(has(openssl("verify" + late + "hooks.test.pem"), "expired"));
}

TEST_F(Authority, NeverOutlivesItself) {
  const auto authority = CertificateAuthority::make("Short", 10, kNow).value();
  EXPECT_EQ(authority.issue_server({"a.test"}, 397, kNow).value().not_after_s, kNow + 10 * kDay);
  const auto late = authority.issue_server({"a.test"}, 1, kNow + 11 * kDay);
  ASSERT_FALSE(late);
  EXPECT_TRUE(has(late.error().what, "expired")) << late.error().what;
}

TEST_F(Authority, OverwritesNothingButRenewsWhereAsked) {
  const auto made = created();
  const auto before = read_file("ca", folder / "ca.pem").value();
  const auto again = AuthorityFolder::create(folder, "Others", 3650, 397, kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Errc::conflict);
  EXPECT_EQ(read_file("ca", folder / "ca.pem").value(), before);
  const auto first = made.issue_server({"a.test"}, 10, false, kNow).value();
  const auto second = made.issue_server({"a.test"}, 10, false, kNow);
  ASSERT_FALSE(second);
  EXPECT_TRUE(has(second.error().what, "--renew")) << second.error().what;
  EXPECT_EQ(made.issue_server({"a.test"}, 20, true, kNow).value().not_after_s,
            first.not_after_s + 10 * kDay);
  EXPECT_EQ(mode_of("a.test.key"), 0600U);
  EXPECT_TRUE(made.issue_client(10, true, kNow));
}

TEST_F(Authority, IsOpenedOnlyWholeAndPrivate) {
  const auto missing = AuthorityFolder::open(folder);
  ASSERT_FALSE(missing);
  EXPECT_TRUE(has(missing.error().what, "tidings ca init")) << missing.error().what;
  (void)created();
  EXPECT_TRUE(AuthorityFolder::open(folder));
  ASSERT_EQ(::chmod((folder / "ca.key").c_str(), 0644), 0);
  const auto loose = AuthorityFolder::open(folder);
  ASSERT_FALSE(loose);
  EXPECT_EQ(loose.error().kind, Errc::forbidden);
  ASSERT_EQ(::chmod((folder / "ca.key").c_str(), 0600), 0);
  std::filesystem::copy_file(folder / "client.pem", folder / "ca.pem",
                             std::filesystem::copy_options::overwrite_existing);
  const auto mixed = AuthorityFolder::open(folder);
  ASSERT_FALSE(mixed);
  EXPECT_TRUE(has(mixed.error().what, "does not belong")) << mixed.error().what;
}

TEST(CertificateHosts, FollowTheRulesOfTheProtocol) {
  for (const char* good : {"hooks.test", "localhost", "a-b.c-d.test", "127.0.0.1", "::1", "X9"}) {
    EXPECT_TRUE(check_certificate_host(good)) << good;
  }
  for (const char* bad : {"", "-a.test", "a-.test", "a--b.test", "a..test", ".test", "a.test.",
                          "*.test", "a b", "a!b", "a$b", "a&b", "a?b", "a.test:443",
                          "https://a.test", "a.test,IP:10.0.0.1", "a\nb", "[::1]",
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(check_certificate_host(bad)) << bad;
  }
  const auto authority = CertificateAuthority::make("Ours", 10, kNow).value();
  for (const auto& [hosts, days, part] :
       {std::tuple<std::vector<std::string>, int, std::string_view>{{}, 1, "hosts: 0"},
        {{"a.test", "b c"}, 1, "hosts[1]"},
        {{"a.test"}, 0, "days: 0"},
        {{"a.test"}, 826, "days: 826"}}) {
    const auto refused = authority.issue_server(hosts, days, kNow);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(has(refused.error().what, part)) << refused.error().what;
  }
}

TEST(TrustedCertificates, AreCheckedBeforeTheyAreKept) {
  const auto authority = CertificateAuthority::make("Ours", 10, kNow).value();
  const auto& pem = authority.certificate();
  EXPECT_TRUE(check_trusted_pem(pem, kNow));
  EXPECT_TRUE(check_trusted_pem(pem + pem, kNow));
  std::string many;
  for (std::size_t i = 0; i <= kMostTrustedCertificates; ++i) many += pem;
  std::string damaged = pem;
  damaged[pem.size() / 2] = '!';
  for (const auto& [text, part] : {std::pair<std::string, std::string_view>{"", "no certificate"},
                                   {"nonsense", "no certificate"},
                                   {pem + authority.key(), "private key"},
                                   {pem + damaged, "certificate 2 cannot be read"},
                                   {many, "17 certificates"}}) {
    const auto refused = check_trusted_pem(text, kNow);
    ASSERT_FALSE(refused) << part;
    EXPECT_TRUE(has(refused.error().what, part)) << refused.error().what;
  }
  const auto expired = check_trusted_pem(pem, kNow + 11 * kDay);
  ASSERT_FALSE(expired);
  EXPECT_TRUE(has(expired.error().what, "expired")) << expired.error().what;
}

}  // namespace
}  // namespace tidings::net
