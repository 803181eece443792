/// Every limit of the data model in one place (protocol 3.1-3.6, 4.7). Lengths are bytes of UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidings::community {

/// Text limits that newer documentation raises (protocol appendix C); an app may be configured
/// with its own, up to the two maxima below. The rest is fixed.
struct TextLimits {
  std::size_t topic_name = 30;
  std::size_t topic_face_url = 100;

  friend bool operator==(const TextLimits&, const TextLimits&) = default;
};

inline constexpr std::size_t kMaxTopicNameBytes = 150;
inline constexpr std::size_t kMaxTopicFaceUrlBytes = 500;
inline constexpr std::size_t kCallbackTokenBytes = 64;
inline constexpr std::size_t kGroupNameBytes = 30;
inline constexpr std::size_t kIntroductionBytes = 240;
inline constexpr std::size_t kNotificationBytes = 300;
inline constexpr std::size_t kFaceUrlBytes = 100;
inline constexpr std::size_t kCustomStringBytes = 3000;
inline constexpr std::size_t kNameCardBytes = 50;
inline constexpr std::size_t kProfileBytes = 500;  ///< account Nick and FaceUrl (40601)
inline constexpr std::size_t kGroupFieldKeys = 10;
inline constexpr std::size_t kMemberFieldKeys = 5;
inline constexpr std::size_t kFieldKeyBytes = 16;
inline constexpr std::size_t kGroupFieldBytes = 512;
inline constexpr std::size_t kMemberFieldBytes = 64;
inline constexpr std::size_t kAdminsPerApp = 10;
inline constexpr std::size_t kBlockedUsers = 1000;       // 70051
inline constexpr std::size_t kRefusedWords = 1000;       // 80001
inline constexpr std::size_t kRefusedWordBytes = 64;

inline constexpr std::int64_t kTopicsPerGroup = 200;               // 10037
inline constexpr std::int64_t kMembersDefault = 6000;              // ordinary group types
inline constexpr std::int64_t kMembersImported = 2000;             // import_group's default
inline constexpr std::int64_t kCommunityMembers = 100'000;
inline constexpr std::int64_t kTrialGroups = 100;                  // 10058
inline constexpr std::int64_t kTrialAccounts = 100;                // 70398
inline constexpr std::int64_t kNewGroupsPerDay = 10'000;           // 10006, unless configured
inline constexpr std::int64_t kQuotaAlarmPercent = 70;             // OnDailyGroupQuotaAlarm
inline constexpr std::int64_t kMaxQuota = 1'000'000'000;           // of a configured quota
inline constexpr std::int64_t kCommunitiesPerApp = 100'000;        // 10037
// Groups a user may be in, by edition: 10037.
inline constexpr std::int64_t kGroupsPerUserTrial = 50;
inline constexpr std::int64_t kGroupsPerUserPro = 500;
inline constexpr std::int64_t kGroupsPerUserUltimate = 3000;

inline constexpr std::size_t kCreateMembers = 100;       // 10005; 4.7.6
inline constexpr std::size_t kCreateMembersByClient = 500;  // 9.1
inline constexpr std::size_t kAddMembers = 300;          // 10005
inline constexpr std::size_t kDeleteMembers = 500;       // 10005
inline constexpr std::size_t kMuteMembers = 500;
inline constexpr std::size_t kRoleQuery = 500;
inline constexpr std::size_t kGroupInfoQuery = 50;
inline constexpr std::size_t kAccountsBatch = 100;       // 70402
inline constexpr std::size_t kDestroyTopics = 200;
inline constexpr std::uint32_t kMuteForever = 4'294'967'295U;

}  // namespace tidings::community
