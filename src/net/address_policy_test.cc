// Goal: nothing that only we can reach may be reached through a callback URL, and what an operator
// allows is allowed. Method: a table of addresses with the expected kind, at the edges of ranges.
#include "net/address_policy.h"

#include <gtest/gtest.h>

namespace tidings::net {
namespace {

IpAddress ip(const char* text) { return boost::asio::ip::make_address(text); }

Networks networks(std::initializer_list<std::string> texts) {
  const std::vector<std::string> list(texts);
  return parse_networks(list).value();
}

struct Case {
  const char* address;
  const char* kind;  // empty: public
};

class AddressKind : public testing::TestWithParam<Case> {};

TEST_P(AddressKind, IsNamedAndRefusedUnlessPublic) {
  const auto& [address, kind] = GetParam();
  EXPECT_EQ(AddressPolicy::special_kind(ip(address)), kind) << address;
  EXPECT_EQ(AddressPolicy().permits(ip(address)), kind[0] == '\0') << address;
  EXPECT_TRUE(AddressPolicy::allow_all().permits(ip(address))) << address;
}

INSTANTIATE_TEST_SUITE_P(
    Table, AddressKind,
    testing::Values(
        Case{"0.0.0.0", "unspecified"}, Case{"0.255.1.1", "unspecified"}, Case{"1.0.0.0", ""},
        Case{"9.255.255.255", ""}, Case{"10.0.0.0", "private"}, Case{"10.255.255.255", "private"},
        Case{"11.0.0.0", ""}, Case{"100.63.255.255", ""}, Case{"100.64.0.0", "carrier-grade NAT"},
        Case{"100.127.255.255", "carrier-grade NAT"}, Case{"100.128.0.0", ""},
        Case{"127.0.0.1", "loopback"}, Case{"127.255.255.255", "loopback"},
        Case{"169.254.169.254", "link-local"}, Case{"168.63.129.16", "metadata"},
        Case{"172.15.255.255", ""}, Case{"172.16.0.0", "private"}, Case{"172.31.255.255", "private"},
        Case{"172.32.0.0", ""}, Case{"192.168.1.1", "private"}, Case{"192.169.0.0", ""},
        Case{"198.18.0.1", "benchmarking"}, Case{"203.0.113.9", "documentation"},
        Case{"223.255.255.255", ""}, Case{"224.0.0.1", "multicast"},
        Case{"240.0.0.1", "reserved"}, Case{"255.255.255.255", "broadcast"}, Case{"8.8.8.8", ""},
        Case{"::", "unspecified"}, Case{"::1", "loopback"}, Case{"::2", "unspecified"},
        Case{"::ffff:127.0.0.1", "loopback"}, Case{"::ffff:8.8.8.8", ""},
        Case{"::ffff:169.254.169.254", "link-local"}, Case{"::10.0.0.1", "private"},
        Case{"64:ff9b::10.0.0.1", "private"}, Case{"64:ff9b::8.8.8.8", ""},
        Case{"64:ff9b:1::8.8.8.8", "local NAT64"}, Case{"2002:7f00:1::", "loopback"},
        Case{"2002:808:808::1", ""}, Case{"2001:0:1::1", "reserved"},
        Case{"2001:db8::1", "documentation"}, Case{"fc00::1", "private"},
        Case{"fdff:ffff::1", "private"}, Case{"fe00::1", ""}, Case{"fe80::1", "link-local"},
        Case{"febf::1", "link-local"}, Case{"ff02::1", "multicast"},
        Case{"2606:4700:4700::1111", ""}));

TEST(AddressPolicy, AllowsExactlyTheConfiguredNetworks) {
  const AddressPolicy policy(networks({"10.1.0.0/16", "127.0.0.1", "fd00::/8"}));
  EXPECT_TRUE(policy.permits(ip("10.1.255.255")));
  EXPECT_FALSE(policy.permits(ip("10.2.0.0")));
  EXPECT_TRUE(policy.permits(ip("127.0.0.1")));
  EXPECT_FALSE(policy.permits(ip("127.0.0.2")));
  EXPECT_TRUE(policy.permits(ip("::ffff:10.1.0.1")));   // the same host, written as v6
  EXPECT_TRUE(policy.permits(ip("64:ff9b::10.1.0.1")));
  EXPECT_TRUE(policy.permits(ip("fd12::1")));
  EXPECT_FALSE(policy.permits(ip("fc12::1")));
}

TEST(Network, ParsesAndPrints) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.7/32", "2001:db8::/32", "::/0"}) {
    const auto network = Network::parse(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network->to_string(), text);
  }
  EXPECT_EQ(Network::parse("192.0.2.7")->to_string(), "192.0.2.7/32");
  EXPECT_EQ(Network::parse("::ffff:10.0.0.0/104")->to_string(), "10.0.0.0/8");
}

TEST(Network, RefusesWhatIsNotOne) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "10.0.0.0/", "10.0.0.0/x",
                           "10.0.0.0/8 ", "2001:db8::/129", "host/8", "::ffff:10.0.0.0/8"}) {
    const auto network = Network::parse(text);
    ASSERT_FALSE(network) << text;
    EXPECT_NE(network.error().what.find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace tidings::net
