// Goal: the token file is private, made once, and compared whole. Method: a temp folder.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "backend/admin/admin_token.h"

namespace tidings::backend {
namespace {

class TokenFile : public ::testing::Test {
 protected:
  TokenFile() {
    SystemRandom ids;
    folder = std::filesystem::temp_directory_path() / ("tidings-token-" + ids.uuid());
    std::filesystem::create_directories(folder);
    file = folder / "admin.token";
  }
  ~TokenFile() override { std::filesystem::remove_all(folder); }
  void write(std::string_view text, ::mode_t mode = 0600) const {
    std::ofstream(file) << text;
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
  }
  SeededRandom random{7};
  std::filesystem::path folder, file;
};

TEST_F(TokenFile, IsMadeOnceWithMode0600AndReadAgain) {
  const auto made = AdminToken::open(file, random);
  ASSERT_TRUE(made.has_value()) << made.error().what;
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(made->text().size(), 64U);
  const auto again = AdminToken::open(file, random);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->text(), made->text());
  EXPECT_EQ(AdminToken::read(file)->text(), made->text());
}

TEST_F(TokenFile, ThatOthersMayReadIsRefusedWithTheWayOut) {
  for (const ::mode_t mode : {0640U, 0604U, 0620U, 0777U}) {
    write("0123456789abcdef0123456789abcdef", mode);
    const auto opened = AdminToken::open(file, random);
    ASSERT_FALSE(opened.has_value()) << mode;
    EXPECT_EQ(opened.error().kind, Errc::forbidden);
    EXPECT_NE(opened.error().what.find("chmod 600"), std::string::npos);
    EXPECT_EQ(opened.error().what.find("0123456789abcdef"), std::string::npos);
  }
}

TEST_F(TokenFile, ThatHoldsNoTokenIsRefused) {
  for (const std::string& text : {std::string(), std::string("short"), std::string(257, 'a'),
                                  std::string("with spaces in the token text")}) {
    write(text);
    const auto opened = AdminToken::open(file, random);
    ASSERT_FALSE(opened.has_value()) << text.size();
    EXPECT_EQ(opened.error().kind, Errc::corrupt);
  }
  write(std::string(256, 'a') + "\n");
  EXPECT_TRUE(AdminToken::open(file, random).has_value());
  EXPECT_FALSE(AdminToken::open(folder / "none" / "admin.token", random).has_value());
  EXPECT_FALSE(AdminToken::read(folder / "absent").has_value());
}

TEST_F(TokenFile, MatchesOnlyTheWholeToken) {
  const auto token = *AdminToken::open(file, random);
  EXPECT_TRUE(token.matches(token.text()));
  EXPECT_FALSE(token.matches(""));
  EXPECT_FALSE(token.matches(token.text() + "0"));
  EXPECT_FALSE(token.matches(token.text().substr(1)));
  EXPECT_FALSE(AdminToken().matches("")) << "no token lets everybody in";
}

TEST(Bearer, IsReadFromTheHeader) {
  EXPECT_EQ(AdminToken::bearer("Bearer abc"), "abc");
  EXPECT_EQ(AdminToken::bearer("bearer  abc"), "abc");
  for (const std::string_view header : {"", "Bearer", "Bearer ", "Basic abc", "abc"}) {
    EXPECT_EQ(AdminToken::bearer(header), std::nullopt) << header;
  }
}

}  // namespace
}  // namespace tidings::backend
