// Goal: an app's callbacks use its own authorities, in a context that lives until they change.
// Method: identities compared by address; authorities made here.
#include "delivery/callback_tls.h"

#include <gtest/gtest.h>

#include "net/certificate_authority.h"

namespace tidings::delivery {
namespace {

std::string authority(const char* name) {
  return net::CertificateAuthority::make(name, 10, 1'800'000'000).value().certificate();
}

community::App app_with(std::uint32_t id, std::string trusted_pem) {
  community::App app;
  app.id = SdkAppId(id);
  app.callback.trusted_pem = std::move(trusted_pem);
  return app;
}

TEST(CallbackTls, IsSharedWhereAnAppHasNoAuthoritiesOfItsOwn) {
  net::TlsClientOptions options;
  options.verify = false;  // something that needs a context of its own
  auto tls = CallbackTls::create(options).value();
  const auto first = tls.of(app_with(1, "")).value();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first, tls.of(app_with(2, "")).value());
  EXPECT_EQ(CallbackTls().of(app_with(1, "")).value(), nullptr);  // the transport's default
}

TEST(CallbackTls, IsKeptUntilTheAuthoritiesChange) {
  CallbackTls tls;
  const auto ours = authority("Ours");
  auto app = app_with(1, ours);
  const auto first = tls.of(app).value();
  ASSERT_NE(first, nullptr);
  EXPECT_TRUE(first->verifies());
  app.version = 7;  // another setting changed
  EXPECT_EQ(tls.of(app).value(), first);
  EXPECT_NE(tls.of(app_with(2, ours)).value(), first) << "identities of apps are apart";
  const std::weak_ptr<net::TlsClient> dropped = tls.of(app_with(1, authority("Others"))).value();
  EXPECT_NE(dropped.lock(), first);
  EXPECT_EQ(first.use_count(), 1) << "the former one is dropped";
  EXPECT_EQ(tls.of(app_with(1, "")).value(), nullptr);
  EXPECT_TRUE(dropped.expired());
}

TEST(CallbackTls, IsForgottenWithItsApp) {
  CallbackTls tls;
  const std::weak_ptr<net::TlsClient> kept = tls.of(app_with(1, authority("Ours"))).value();
  EXPECT_FALSE(kept.expired());
  tls.forget(SdkAppId(1));
  EXPECT_TRUE(kept.expired());
}

TEST(CallbackTls, NamesWhatCannotBeUsed) {
  CallbackTls tls;
  EXPECT_FALSE(tls.of(app_with(1, "nonsense")));
  net::TlsClientOptions options;
  options.also_trusted_file = "/nowhere/ca.pem";
  const auto made = CallbackTls::create(options);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace tidings::delivery
