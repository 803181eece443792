// Goal: a configuration is either right or every one of its errors is named with its place.
// Method: texts and maps in, values and problems out; no process environment; files in a temporary
// folder.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "cli/config_assign.h"
#include "cli/config_keys.h"
#include "cli/config_load.h"
#include "cli/config_print.h"
#include "cli/config_value.h"

namespace tidings::cli {
namespace {

Loaded load(std::string text, std::map<std::string, std::string> environment = {},
            std::map<std::string, std::string> flags = {}, ConfigUse use = ConfigUse::both) {
  return load_config({"t.toml", std::move(text), std::move(environment), std::move(flags)}, use);
}

TEST(ConfigValue, DurationsAreReadWithUnitsAndWrittenInTheLargestThatFits) {
  const struct {
    const char* text;
    std::int64_t ms;
    const char* written;
  } cases[] = {{"2s", 2000, "2s"},          {"250ms", 250, "250ms"},  {"1h30m", 5'400'000, "90m"},
               {"1d", 86'400'000, "1d"},    {"0", 0, "0ms"},          {"90s", 90'000, "90s"},
               {"60m", 3'600'000, "1h"},    {"1500ms", 1500, "1500ms"}};
  for (const auto& each : cases) {
    SCOPED_TRACE(each.text);
    const auto value = parse_duration(each.text);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->count(), each.ms);
    EXPECT_EQ(write_duration(*value), each.written);
  }
  for (const char* wrong : {"", "2", "s", "2 s", "-2s", "2x", "2s3", "99999999999999999d"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(ConfigValue, SizesAreReadInPowersOfTwoOnly) {
  const struct {
    const char* text;
    std::int64_t bytes;
    const char* written;
  } cases[] = {{"64KiB", 65536, "64KiB"}, {"1MiB", 1 << 20, "1MiB"},
               {"1536KiB", 1536 << 10, "1536KiB"}, {"7B", 7, "7B"}, {"0", 0, "0B"}};
  for (const auto& each : cases) {
    SCOPED_TRACE(each.text);
    const auto value = parse_size(each.text);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->count, each.bytes);
    EXPECT_EQ(write_size(*value), each.written);
  }
  for (const char* wrong : {"", "64", "64KB", "64k", "-1B", "1.5MiB", "99999999999GiB"}) {
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  }
}

TEST(ConfigValue, ListenAddressesNeedAHostAndAPort) {
  const auto v4 = parse_listen_address("127.0.0.1:0");
  ASSERT_TRUE(v4);
  EXPECT_EQ(*v4, (ListenAddress{"127.0.0.1", 0}));
  const auto v6 = parse_listen_address("[::1]:8080");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(write_listen_address(*v6), "[::1]:8080");
  for (const char* wrong : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:x",
                            "::1:80", "[nonsense]:80", "example.com:80"}) {
    EXPECT_FALSE(parse_listen_address(wrong)) << wrong;
  }
}

TEST(ConfigValue, ListsAndTablesOfNumbersAreReadFromOneLine) {
  EXPECT_EQ(parse_list(" a, b ,,c"), (TextList{"a", "b", "c"}));
  EXPECT_EQ(parse_list(""), TextList{});
  const auto map = parse_number_map("create_topic=7, default=9");
  ASSERT_TRUE(map);
  EXPECT_EQ(*map, (NumberMap{{"create_topic", 7}, {"default", 9}}));
  EXPECT_FALSE(parse_number_map("create_topic"));
  EXPECT_FALSE(parse_number_map("create_topic=many"));
}

TEST(ConfigLoad, AnEmptyFileGivesTheDefaults) {
  const Loaded loaded = load("");
  EXPECT_EQ(to_string(loaded.problems), "");
  EXPECT_EQ(loaded.config, Config{});
}

/// A value that is not the default, as it would stand in the file.
template <class Root>
std::string other_value(const Key<Root>& key) {
  if (key.kind == ValueKind::choice) return std::string(key.choices.substr(key.choices.rfind('|') + 1));
  if (key.kind == ValueKind::networks) return "10.0.0.0/8";
  return std::visit(
      [&key]<class Value>(Place<Root, Value> place) -> std::string {
        Root root{};
        if constexpr (std::is_same_v<Value, bool>) return place(root) ? "false" : "true";
        if constexpr (std::is_same_v<Value, std::int64_t>) {
          return std::to_string(key.bounds.least + (place(root) == key.bounds.least ? 1 : 0));
        }
        if constexpr (std::is_same_v<Value, Milliseconds>) {
          return write_duration(Milliseconds{key.bounds.least + 1});
        }
        if constexpr (std::is_same_v<Value, Bytes>) return write_size(Bytes{key.bounds.least + 1});
        if constexpr (std::is_same_v<Value, ListenAddress>) return "127.0.0.2:4711";
        if constexpr (std::is_same_v<Value, NumberMap>) return "create_topic=7";
        return "/dev/null";
      },
      key.place);
}

template <class Root>
void expect_every_key_reaches_its_own_place(const std::string& section,
                                            std::span<const Key<Root>> keys,
                                            Root (*root_of)(const Config&)) {
  for (const Key<Root>& key : keys) {
    SCOPED_TRACE(section + "." + std::string(key.name));
    const std::string value = other_value(key);
    const auto environment =
        load("", {{environment_name(section, key.name), value}}, {}, ConfigUse::both);
    Root wanted{};
    ASSERT_TRUE(assign_text(key, wanted, value));
    EXPECT_NE(wanted, Root{}) << "the value tried is the default: the test sees nothing";
    EXPECT_EQ(root_of(environment.config), wanted);
    if (key.secret) continue;
    const auto flags = load("", {}, {{section + "." + std::string(key.name), value}});
    EXPECT_EQ(root_of(flags.config), wanted);
  }
}

TEST(ConfigLoad, EveryKeyIsReadFromEnvironmentAndFlags) {
  expect_every_key_reaches_its_own_place<ServeConfig>(
      "serve", serve_keys(), [](const Config& config) { return config.serve; });
  expect_every_key_reaches_its_own_place<ReceiveConfig>(
      "receive", receive_keys(), [](const Config& config) { return config.receive; });
  expect_every_key_reaches_its_own_place<LogConfig>(
      "log", log_keys(), [](const Config& config) { return config.log; });
}

TEST(ConfigLoad, EveryKeyIsReadFromTheFileAndPrintedAgain) {
  Config wanted;
  const auto fill = []<class Root>(std::span<const Key<Root>> keys, Root& root) {
    for (const Key<Root>& key : keys) {
      if (key.secret) continue;
      ASSERT_TRUE(assign_text(key, root, other_value(key))) << key.name;
    }
  };
  fill(serve_keys(), wanted.serve);
  fill(receive_keys(), wanted.receive);
  fill(log_keys(), wanted.log);
  ReceiveAppConfig& app = wanted.receive.apps.emplace_back();
  app.sdkappid = 1400000001;
  app.unsigned_allowed = true;
  app.before.push_back(
      {"Group.CallbackBeforeCreateTopic", "for\"bidden\n", 10101, "no"});
  wanted.receive.admin_listen.port = 4712;
  wanted.serve.admin_listen.port = 4712;
  const Loaded loaded = load(print_config(wanted));
  EXPECT_EQ(to_string(loaded.problems), "");
  EXPECT_EQ(loaded.config, wanted);
}

TEST(ConfigLoad, FlagsWinOverEnvironmentOverFileOverDefault) {
  const std::string file = "[log]\nlevel = \"error\"\nformat = \"json\"\nfile = \"a\"\n";
  const Loaded loaded =
      load(file, {{"TIDINGS_LOG_LEVEL", "warning"}, {"TIDINGS_LOG_FORMAT", "text"}},
           {{"log.level", "debug"}});
  EXPECT_EQ(to_string(loaded.problems), "");
  EXPECT_EQ(loaded.config.log.level, "debug");
  EXPECT_EQ(loaded.config.log.format, "text");
  EXPECT_EQ(loaded.config.log.file, "a");
  EXPECT_EQ(loaded.config.serve.data_dir, "data/serve");
}

TEST(ConfigLoad, AllErrorsAreReportedAtOnceWithTheirPlaces) {
  const Loaded loaded = load(
      "[serve]\n"
      "listen = \"8080\"\n"                // 2
      "lanes = 65\n"                       // 3
      "lains = 2\n"                        // 4
      "[serve.client]\n"
      "idle_timeout = 2\n"                      // 6
      "[serve.callbacks]\n"
      "allow_networks = [\"10.0.0.0/40\"]\n"  // 8
      "[serve.rate_limits]\n"              // 9
      "create_topic = 0\n"
      "[sevre]\n",                         // 11
      {{"TIDINGS_LOG_LEVEL", "loud"}, {"TIDINGS_SERVE_LISTN", "127.0.0.1:1"}},
      {{"log.format", "xml"}});
  std::vector<std::string> places;
  for (const ConfigProblem& problem : loaded.problems) places.push_back(problem.place);
  const std::multiset<std::string> found(places.begin(), places.end());
  const std::multiset<std::string> wanted{
      "t.toml:2", "t.toml:3", "t.toml:4", "t.toml:6", "t.toml:8", "t.toml:9", "t.toml:11",
      "TIDINGS_LOG_LEVEL", "TIDINGS_SERVE_LISTN", "--log-format"};
  EXPECT_EQ(found, wanted) << to_string(loaded.problems);
  const std::string text = to_string(loaded.problems);
  for (const char* hint : {"did you mean 'lanes'?", "did you mean 'serve'?", "0 to 64",
                           "did you mean TIDINGS_SERVE_LISTEN?", "a text like \"2s\"",
                           "debug, info, warning, error"}) {
    EXPECT_NE(text.find(hint), std::string::npos) << hint << " is not in\n" << text;
  }
}

TEST(ConfigLoad, BrokenSyntaxIsReportedWithItsLineAndTheRestStillChecked) {
  const Loaded loaded = load("[serve]\nlanes = = 2\n", {{"TIDINGS_LOG_LEVEL", "loud"}});
  ASSERT_EQ(loaded.problems.size(), 2U) << to_string(loaded.problems);
  EXPECT_EQ(loaded.problems[0].place, "t.toml:2");
  EXPECT_EQ(loaded.problems[1].place, "TIDINGS_LOG_LEVEL");
}

TEST(ConfigLoad, AFileThatIsNotThereOrIsAFolderIsAnError) {
  for (const char* file : {"/nonexistent/t.toml", "/tmp"}) {
    const Loaded loaded = load_config({file, {}, {}, {}}, ConfigUse::serve);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems[0].place, file);
    EXPECT_NE(loaded.problems[0].what.find("cannot be read"), std::string::npos);
  }
}

TEST(ConfigLoad, WhatDoesNotFitTogetherIsAnError) {
  const struct {
    const char* file;
    const char* hint;
  } cases[] = {
      {"[serve.tls]\ncertificate_file = \"/dev/null\"\n", "belong together"},
      {"[serve.tls]\ncertificate_file = \"/nonexistent\"\nkey_file = \"/dev/null\"\n",
       "cannot be read"},
      {"[serve]\nadmin_listen = \"127.0.0.1:8080\"\n", "the same address"},
      {"[receive.tls]\nclient_ca_file = \"/dev/null\"\n", "needs TLS"},
      {"[[receive.app]]\nsdkappid = 1\n", "nothing proves"},
      {"[[receive.app]]\nunsigned = true\n", "sdkappid is missing"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\n[[receive.app]]\nsdkappid = 1\nunsigned = "
       "true\n",
       "a second time"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\n[[receive.app.before]]\ncommand = "
       "\"Group.CallbackAfterCreateTopic\"\n",
       "no before-callback"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\n[[receive.app.before]]\ncommand = "
       "\"*\"\nerror_code = 7\n",
       "is none of 0, 1, 2, 10100 to 10200"},
      {"[receive.app]\nsdkappid = 1\n", "[[receive.app]]"},
      {"[serve.rate_limits]\ncreate_topik = 7\n", "no REST command 'create_topik'"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\nrequire_client_certificate = true\n",
       "needs receive.tls.client_ca_file"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\nsource.key_env = \"HOME_KEY\"\n",
       "source.url is missing"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\nsource.reconcile_every = \"1h\"\n",
       "source.url is missing"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\nsource.url = \"http://h\"\n"
       "source.key_file = \"/etc/hostname\"\nsource.reconcile_every = \"20ms\"\n",
       "source.reconcile_every: 20ms is less than 1s"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\nsource.url = \"http://127.0.0.1:1\"\n",
       "needs one of key_file, key_env and usersig_file"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\n[receive.app.source]\nurl = "
       "\"ftp://h\"\nkey_file = \"/etc/hostname\"\n",
       "the scheme is not"},
      {"[[receive.app]]\nsdkappid = 1\nunsigned = true\nsource.url = \"http://h\"\n"
       "source.key_file = \"/nonexistent\"\n",
       "source.key_file: '/nonexistent' cannot be read"},
      {"serve = 1\n", "unknown key 'serve'"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.file);
    const Loaded loaded = load(each.file);
    ASSERT_EQ(loaded.problems.size(), 1U) << to_string(loaded.problems);
    EXPECT_NE(loaded.problems[0].what.find(each.hint), std::string::npos)
        << loaded.problems[0].what;
  }
}

TEST(ConfigLoad, AValueBelowABoundWithoutAnUpperOneIsToldTheLeast) {
  const Loaded loaded =
      load("[[receive.app]]\nsdkappid = 1\nunsigned = true\nfirst_sequence = -1\n");
  ASSERT_EQ(loaded.problems.size(), 1U) << to_string(loaded.problems);
  EXPECT_NE(loaded.problems[0].what.find("-1 is too small: at least 1"), std::string::npos)
      << loaded.problems[0].what;
}

TEST(ConfigLoad, ASecretInTheFileIsRefusedAndNotRepeated) {
  const Loaded loaded = load("[serve]\nadmin_token = \"hunter2\"\n");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].place, "t.toml:2");
  EXPECT_NE(loaded.problems[0].what.find("TIDINGS_SERVE_ADMIN_TOKEN"), std::string::npos);
  EXPECT_EQ(loaded.problems[0].what.find("hunter2"), std::string::npos);
  EXPECT_EQ(loaded.config.serve.admin_token, "");
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidings-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = path_ / name;
    std::ofstream(path) << text;
    return path.string();
  }

 private:
  std::filesystem::path path_;
};

TEST(ConfigLoad, TokensComeFromFilesAndVariablesAndAreNeverPrinted) {
  const TemporaryFolder folder;
  const std::string token = folder.write("token", "first-token\n");
  const std::string empty = folder.write("empty", "\n");
  const std::string app = "[[receive.app]]\nsdkappid = 1400000001\n";
  const Loaded good = load(app + "token_files = [\"" + token + "\"]\ntoken_env = [\"TIDINGS_T2\"]\n",
                           {{"TIDINGS_T2", "second-token"}, {"TIDINGS_SERVE_ADMIN_TOKEN", "third"}});
  ASSERT_EQ(to_string(good.problems), "");
  EXPECT_EQ(good.config.receive.apps[0].tokens, (TextList{"first-token", "second-token"}));
  EXPECT_EQ(good.config.serve.admin_token, "third");
  const std::string printed = print_config(good.config);
  for (const char* secret : {"first-token", "second-token", "third"}) {
    EXPECT_EQ(printed.find(secret), std::string::npos) << printed;
  }
  EXPECT_NE(printed.find("admin_token: <redacted>"), std::string::npos);

  for (const char* text : {"two words\n", "two\nlines\n", "space \n", "tab\t"}) {
    const std::string file = folder.write("words", text);
    const Loaded words = load(app + "token_files = [\"" + file + "\"]\n");
    ASSERT_EQ(words.problems.size(), 1U) << text;
    EXPECT_NE(words.problems[0].what.find("'" + file + "' holds a space"), std::string::npos)
        << words.problems[0].what;
    EXPECT_EQ(words.problems[0].what.find("two"), std::string::npos);
  }
  EXPECT_EQ(load(app + "token_env = [\"TIDINGS_T2\"]\n", {{"TIDINGS_T2", "two words"}}).problems.size(),
            1U);

  const Loaded bad = load(app + "token_files = [\"" + empty + "\", \"/nonexistent\"]\ntoken_env = "
                                "[\"UNSET\"]\n");
  EXPECT_EQ(bad.problems.size(), 3U) << to_string(bad.problems);
  for (const ConfigProblem& problem : bad.problems) {
    EXPECT_EQ(problem.place.substr(0, 7), "t.toml:") << problem.what;
  }
}

TEST(ConfigLoad, ASourcesCredentialsComeFromAFileOrAVariableAndAreNeverPrinted) {
  const TemporaryFolder folder;
  const std::string ticket = folder.write("ticket", "eJw-ticket\n");
  const std::string app = "[[receive.app]]\nsdkappid = 1\nunsigned = true\nfirst_sequence = 7\n"
                          "source.url = \"https://im.example.com\"\n";
  const Loaded by_key = load(app + "source.key_env = \"TIDINGS_K\"\n", {{"TIDINGS_K", "the-key"}});
  ASSERT_EQ(to_string(by_key.problems), "");
  EXPECT_EQ(by_key.config.receive.apps[0].source.key, "the-key");
  EXPECT_EQ(by_key.config.receive.apps[0].source.identifier, "administrator");
  EXPECT_EQ(by_key.config.receive.apps[0].first_sequence, 7);
  const Loaded by_ticket = load(app + "source.usersig_file = \"" + ticket + "\"\n");
  ASSERT_EQ(to_string(by_ticket.problems), "");
  EXPECT_EQ(by_ticket.config.receive.apps[0].source.user_sig, "eJw-ticket");
  for (const Config& config : {by_key.config, by_ticket.config}) {
    const std::string printed = print_config(config);
    EXPECT_EQ(printed.find("the-key"), std::string::npos);
    EXPECT_EQ(printed.find("eJw-ticket"), std::string::npos);
    EXPECT_NE(printed.find("source.url = \"https://im.example.com\""), std::string::npos);
  }
}

TEST(ConfigLoad, TheOtherHalfsFilesAreNotAskedFor) {
  const std::string file = "[[receive.app]]\nsdkappid = 1\ntoken_files = [\"/nonexistent\"]\n";
  EXPECT_EQ(to_string(load(file, {}, {}, ConfigUse::serve).problems), "");
  EXPECT_EQ(load(file, {}, {}, ConfigUse::receive).problems.size(), 1U);
}

TEST(ConfigReference, TheDocumentEqualsTheTable) {
  std::ifstream in(std::string(TIDINGS_SOURCE_DIR) + "/docs/config.md");
  const std::string document{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(document, config_reference())
      << "write it anew: tidings check-config --reference > docs/config.md";
}

TEST(ConfigReference, NoTwoKeysShareANameOrAVariable) {
  std::set<std::string> variables;
  const auto insert = [&]<class Root>(const char* section, std::span<const Key<Root>> keys) {
    for (const Key<Root>& key : keys) {
      EXPECT_TRUE(variables.insert(environment_name(section, key.name)).second) << key.name;
      EXPECT_FALSE(key.doc.empty()) << key.name;
    }
  };
  insert("serve", serve_keys());
  insert("receive", receive_keys());
  insert("log", log_keys());
}

}  // namespace
}  // namespace tidings::cli
