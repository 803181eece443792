// Goal: a sealed secret opens in its place with its key, and nowhere else. Method: every way of
// being wrong, one at a time: bytes, place, key, text.
#include "store/secret_box.h"

#include <gtest/gtest.h>

#include <set>

#include "store/stored_app.h"

namespace tidings::store {
namespace {

const std::string kKey(64, 'a');
const std::string kOther(64, 'b');
constexpr std::string_view kPlace = "1400000001/keys";

SecretBox box(const std::string& keys = kKey) { return SecretBox::from_keys(keys).value(); }

TEST(SecretBox, OpensWhatItSealed) {
  const auto one = box();
  for (const std::string& secret : {std::string("x"), std::string("S3cretTok"),
                                    std::string(4096, 's'), std::string("\0\n\xff", 3)}) {
    const auto sealed = one.seal(secret, kPlace).value();
    EXPECT_TRUE(secret.size() < 3 || sealed.find(secret) == std::string::npos);
    EXPECT_EQ(one.open(sealed, kPlace, one.key_id()).value(), secret);
  }
}

TEST(SecretBox, NeverSealsTheSameTextTwiceAlike) {
  const auto one = box();
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(one.seal("secret", kPlace).value());
  EXPECT_EQ(seen.size(), 100U);
}

TEST(SecretBox, OpensNothingThatWasChangedOrMoved) {
  const auto one = box();
  const auto sealed = one.seal("secret", kPlace).value();
  EXPECT_FALSE(one.open(sealed, "1400000002/keys", one.key_id()));
  EXPECT_FALSE(one.open(sealed, "1400000001/callback.token", one.key_id()));
  for (std::size_t i = 0; i + 1 < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto opened = one.open(changed, kPlace, one.key_id());
    EXPECT_FALSE(opened && *opened != "secret") << i;
    EXPECT_TRUE(i >= 16 || !opened) << i;
  }
  for (const std::string_view broken : {"", "AAAA", "no base64!", "secret"}) {
    const auto refused = one.open(broken, kPlace, one.key_id());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Errc::corrupt);
  }
}

TEST(SecretBox, NamesTheKeyThatIsMissing) {
  const auto other = box(kOther);
  const auto refused = other.open(box().seal("secret", kPlace).value(), kPlace, box().key_id());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find(box().key_id()), std::string::npos);
  EXPECT_NE(box().key_id(), other.key_id());
}

TEST(SecretBox, FormerKeysOpenAndTheFirstSeals) {
  const auto both = box(kOther + "\r\n\n" + kKey + "\n");
  const auto former = box().seal("secret", kPlace).value();
  EXPECT_EQ(both.open(former, kPlace, box().key_id()).value(), "secret");
  EXPECT_EQ(both.key_id(), box(kOther).key_id());
  EXPECT_TRUE(both.has(box().key_id()));
  EXPECT_EQ(both.key_ids(), box(kOther).key_id() + ", " + box().key_id());
}

TEST(SecretBox, TakesKeyFilesOfItsFormOnlyAndRepeatsNothingOfThem) {
  SeededRandom random(7);
  EXPECT_TRUE(SecretBox::from_keys(SecretBox::new_keys(random)));
  for (const std::string& text : {std::string(), std::string("\n\n"), std::string(63, 'a'),
                                  std::string(65, 'a'), std::string(64, 'g'),
                                  std::string(64, 'A'), kKey + "\nnot-a-key"}) {
    const auto refused = SecretBox::from_keys(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().what.find("aaaa"), std::string::npos);
    EXPECT_EQ(refused.error().what.find("not-a-key"), std::string::npos);
  }
}

community::App app_with_secrets() {
  community::App app;
  app.id = SdkAppId(1400000001);
  app.name = "Riverside";
  app.keys = {{"first-key", 1, 0}, {"former-key", 1, 2}};
  app.callback.token = "the-token";
  app.callback.webhook_secrets = {{"whsec_c2VjcmV0", 1, 0}};
  return app;
}

TEST(StoredApp, HoldsEverySecretSealedAndComesBackWhole) {
  const auto one = box();
  const auto app = app_with_secrets();
  const auto text = write_stored_app(app, &one).value();
  for (const std::string_view secret : {"first-key", "former-key", "the-token", "whsec_c2VjcmV0"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  }
  EXPECT_NE(text.find("Riverside"), std::string::npos);
  EXPECT_EQ(sealed_with(text), one.key_id());
  EXPECT_EQ(read_stored_app(text, &one).value(), app);
  EXPECT_EQ(sealed_with(write_stored_app(app, nullptr).value()), std::nullopt);
}

TEST(StoredApp, DoesNotOpenInAnotherAppOrWithoutAKey) {
  const auto one = box();
  auto text = write_stored_app(app_with_secrets(), &one).value();
  EXPECT_FALSE(read_stored_app(text, nullptr));
  const auto other = box(kOther);
  EXPECT_FALSE(read_stored_app(text, &other));
  text.replace(text.find("1400000001"), 10, "1400000002");
  const auto moved = read_stored_app(text, &one);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().kind, Errc::corrupt);
  EXPECT_NE(moved.error().what.find("app 1400000002"), std::string::npos);
}

}  // namespace
}  // namespace tidings::store
