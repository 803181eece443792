// Goal: a secret's file is whole, its owner's alone, and never overwritten by accident. Method: a
// temporary folder and the modes that are there afterwards.
#include "base/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace tidings {
namespace {

class PrivateFile : public testing::Test {
 protected:
  PrivateFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidings-file-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~PrivateFile() override { std::filesystem::remove_all(folder); }
  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
  }
  std::filesystem::path folder;
};

TEST_F(PrivateFile, IsMadeWithItsModeWhateverTheUmaskIs) {
  const auto before = ::umask(0);
  ASSERT_TRUE(create_file("key", folder / "key", "text\n", kOwnerOnly));
  ::umask(0777);
  ASSERT_TRUE(create_file("certificate", folder / "pem", "text\n", kEveryoneReads));
  ::umask(before);
  EXPECT_EQ(mode_of(folder / "key"), 0600U);
  EXPECT_EQ(mode_of(folder / "pem"), 0644U);
  EXPECT_EQ(read_private_file("key", folder / "key").value(), "text\n");
}

TEST_F(PrivateFile, IsNotOverwrittenButReplacedWhereAsked) {
  ASSERT_TRUE(create_file("key", folder / "key", "first", kOwnerOnly));
  const auto again = create_file("key", folder / "key", "second", kOwnerOnly);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Errc::conflict);
  EXPECT_EQ(read_private_file("key", folder / "key").value(), "first");
  ASSERT_TRUE(replace_file("key", folder / "key", "second", kOwnerOnly));
  EXPECT_EQ(read_private_file("key", folder / "key").value(), "second");
  EXPECT_FALSE(std::filesystem::exists(folder / "key.new"));
}

TEST_F(PrivateFile, IsRefusedWhereOthersMayReadIt) {
  ASSERT_TRUE(create_file("key", folder / "key", "text", kOwnerOnly));
  for (const unsigned mode : {0640U, 0604U, 0620U, 0601U}) {
    ASSERT_EQ(::chmod((folder / "key").c_str(), mode), 0);
    const auto refused = read_private_file("key file", folder / "key");
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().kind, Errc::forbidden);
    EXPECT_NE(refused.error().what.find("chmod 600"), std::string::npos) << refused.error().what;
    EXPECT_EQ(refused.error().what.find("text"), std::string::npos);
  }
}

TEST_F(PrivateFile, SaysWhatIsMissing) {
  const auto missing = read_private_file("key file", folder / "nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Errc::not_found);
  EXPECT_NE(missing.error().what.find("key file"), std::string::npos);
  EXPECT_NE(missing.error().what.find("nothing"), std::string::npos);
}

}  // namespace
}  // namespace tidings
