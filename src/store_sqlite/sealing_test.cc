// Goal: no secret stands in the files of the database, whatever it went through, and only its own
// key opens it. Method: known secrets, and a search in every byte of the folder.
#include "store_sqlite/sealing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/random.h"
#include "store/stored_app.h"
#include "store_sqlite/engine.h"

namespace tidings::sqlite {
namespace {

namespace fs = std::filesystem;
using community::App;

const SdkAppId kApp{1400000001};
constexpr const char* kSecrets[] = {"plain-key-4711", "plain-token-4711", "whsec_cGxhaW4tNDcxMQ=="};

std::shared_ptr<const store::SecretBox> box(const std::string& keys) {
  return std::make_shared<const store::SecretBox>(store::SecretBox::from_keys(keys).value());
}
const std::string kKey(64, 'a');
const std::string kOther(64, 'b');

class Sealing : public testing::Test {
 protected:
  Sealing() {
    std::string pattern = (fs::temp_directory_path() / "tidings-seal-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~Sealing() override { fs::remove_all(folder); }

  Result<std::unique_ptr<Engine>> open(std::shared_ptr<const store::SecretBox> secrets) {
    EngineOptions options;
    options.path = path();
    options.full_sync = false;
    options.secrets = std::move(secrets);
    return Engine::open(options);
  }
  [[nodiscard]] std::string path() const { return (folder / "tidings.db").string(); }

  static App app() {
    App made;
    made.id = kApp;
    made.name = "Riverside";
    made.keys = {{kSecrets[0], 1, 0}};
    made.callback.token = kSecrets[1];
    made.callback.webhook_secrets = {{kSecrets[2], 1, 0}};
    return made;
  }
  /// A change as the committer makes it.
  static void put(Engine& engine, App changed) {
    community::Needs needs;
    needs.apps.push_back(changed.id);
    SeededRandom random(7);
    community::View view(1'800'000'000'000, random);
    ASSERT_TRUE(engine.load(needs, view));
    view.put(std::move(changed));
    const auto committed = engine.commit(view, {});
    ASSERT_TRUE(committed) << committed.error().what;
  }
  /// Names of the files that hold `text` in any byte.
  [[nodiscard]] std::string files_with(std::string_view text) const {
    std::string found;
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      if (bytes.find(text) != std::string::npos) found += entry.path().filename().string() + " ";
    }
    return found;
  }
  void expect_no_secret() const {
    for (const char* secret : kSecrets) EXPECT_EQ(files_with(secret), "") << secret;
  }

  fs::path folder;
};

TEST_F(Sealing, NoSecretIsInAnyFileAndAllComeBack) {
  {
    const auto engine = open(box(kKey)).value();
    put(*engine, app());
    EXPECT_NE(files_with("Riverside"), "") << "the search finds nothing at all";
    expect_no_secret();  // the write-ahead log is there
    EXPECT_EQ(engine->apps().value().at(0), app());
  }
  expect_no_secret();
  const auto again = open(box(kKey)).value();
  EXPECT_EQ(again->apps().value().at(0), app());
}

TEST_F(Sealing, PlainRowsAreSealedAtStartAndLeaveNoTrace) {
  {
    const auto engine = open(nullptr).value();
    for (int i = 0; i < 50; ++i) {  // former versions leave their traces in freed pages
      App changed = app();
      changed.introduction = std::string(static_cast<std::size_t>(i) * 200, 'x');
      put(*engine, std::move(changed));
    }
    put(*engine, app());
  }
  EXPECT_NE(files_with(kSecrets[0]), "") << "nothing to migrate";
  const auto engine = open(box(kKey)).value();
  expect_no_secret();
  EXPECT_EQ(engine->apps().value().at(0), app());
  EXPECT_EQ(key_wanted_by(path()).value(), box(kKey)->key_id());
}

TEST_F(Sealing, ACrashBeforeTheFileWasCleanedIsMadeGood) {
  {
    const auto engine = open(nullptr).value();
    put(*engine, app());
  }
  {  // as if the process had ended between the rows and the rewriting of the file
    auto database = Database::open(path()).value();
    auto sealed = store::write_stored_app(app(), box(kKey).get()).value();
    sealed.replace(0, 9, "sealed-0 ");
    auto write = database.prepare("UPDATE app SET settings = ?").value();
    ASSERT_TRUE(write.run(sealed));
    // What the row was before, in a page that is free now.
    ASSERT_TRUE(database.execute(("PRAGMA secure_delete = OFF; CREATE TABLE scrap(x);"
                                  "INSERT INTO scrap VALUES('" +
                                  std::string(kSecrets[0]) + "'); DROP TABLE scrap;")
                                     .c_str()));
  }
  EXPECT_NE(files_with(kSecrets[0]), "") << "nothing to clean";
  EXPECT_FALSE(open(box(kOther))) << "an unfinished row has its key too";
  const auto engine = open(box(kKey)).value();
  expect_no_secret();
  EXPECT_EQ(engine->apps().value().at(0), app());
}

TEST_F(Sealing, AnotherKeyIsRefusedWithTheWayOutAndNothingIsChanged) {
  {
    const auto engine = open(box(kKey)).value();
    put(*engine, app());
  }
  const auto refused = open(box(kOther));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::conflict);
  for (const std::string& part : {box(kKey)->key_id(), box(kOther)->key_id(),
                                  std::string("put back the key file")}) {
    EXPECT_NE(refused.error().what.find(part), std::string::npos) << refused.error().what;
  }
  EXPECT_FALSE(open(nullptr).value()->apps()) << "without a key nothing opens";
  EXPECT_EQ(open(box(kKey)).value()->apps().value().at(0), app());
}

TEST_F(Sealing, ANewKeyOnTopSealsEverythingAnew) {
  {
    const auto engine = open(box(kKey)).value();
    put(*engine, app());
  }
  (void)open(box(kOther + "\n" + kKey)).value();
  EXPECT_EQ(key_wanted_by(path()).value(), box(kOther)->key_id());
  EXPECT_EQ(open(box(kOther)).value()->apps().value().at(0), app());
}

TEST_F(Sealing, ANewFileWantsNoKey) {
  EXPECT_EQ(key_wanted_by(path()).value(), std::nullopt);
  (void)open(box(kKey)).value();
  EXPECT_EQ(key_wanted_by(path()).value(), std::nullopt);
}

}  // namespace
}  // namespace tidings::sqlite
