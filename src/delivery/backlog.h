/// How far delivery has got in the log, app by app: which events it knows, and which still wait on disk. An
/// app has a share of the memory, so that one whose events cannot be sent holds up nobody else (promise P5).
///
/// An app is `behind` where the disk holds undelivered events that are not known. Until it has caught up,
/// its new events stay on disk too, because they go after those.
///
/// Pure. Threads: its owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "tidings/ids.h"

namespace tidings::delivery {

class Backlog {
 public:
  /// The apps that an earlier run left events of. Until this is called, every app is behind.
  void listed(std::span<const SdkAppId> apps);
  [[nodiscard]] bool is_listed() const { return listed_; }

  /// An event was committed just now. True: it is to be known; false: it is known already, was moved by an
  /// operator, or stays on disk, for want of `room` or because its app is behind.
  bool arrived(SdkAppId app, std::int64_t seq, bool room);
  /// An event was read from disk, in the order of the log. False: an operator moved it.
  bool read(SdkAppId app, std::int64_t seq);

  /// True: the event is not known, and will be read, or arrives in a moment. REQUIRES: it is pending, or its
  /// app is behind.
  [[nodiscard]] bool on_disk(SdkAppId app, std::int64_t seq) const;
  /// An operator moves an event that is on disk: reading leaves it alone.
  void claim(SdkAppId app, std::int64_t seq);

  /// There is room for events of this app, as far as it is behind.
  void wants(SdkAppId app);
  /// A turn of reading: one page of one app. They take turns, so that a long backlog is in nobody's way.
  struct Turn {
    SdkAppId app;
    std::int64_t after = 0;  ///< seq
    std::int64_t seen = 0;
    std::uint64_t place = 0;
  };
  [[nodiscard]] std::optional<Turn> begin_turn();
  /// False: the app was forgotten since. What was read is of one that was deleted.
  [[nodiscard]] bool is_current(const Turn& turn) const;
  /// REQUIRES: is_current(). `to_the_end`: the disk had no more. `room`: there is still some, so the app
  /// queues again.
  void end_turn(const Turn& turn, bool to_the_end, bool room);

  void forget(SdkAppId app);
  [[nodiscard]] bool behind(SdkAppId app) const;
  [[nodiscard]] bool any_behind() const { return !listed_ || behind_ > 0; }
  [[nodiscard]] bool anything_wanted() const { return !queue_.empty(); }
  /// Those that are behind.
  template <class Call>
  void each_behind(Call call) const {
    for (const auto& [app, place] : apps_) {
      if (place.behind) call(app);
    }
  }

 private:
  struct Place {
    std::uint64_t number = 0;  // of places, ever: an app of the same SDKAppID has another one
    std::int64_t known_through = 0;  // every pending event up to here is known
    std::int64_t seen_through = 0;   // the newest that arrived
    bool behind = false;
    bool queued = false;  // in queue_, or it is its turn
    std::unordered_set<std::int64_t> claimed;
  };
  Place& place_of(SdkAppId app);
  void fall_behind(Place& place);

  std::unordered_map<SdkAppId, Place> apps_;
  std::deque<SdkAppId> queue_;  // of those with room, in turn
  std::int64_t newest_ = 0;     // that arrived, of any app: they arrive in the order of the log
  std::size_t behind_ = 0;
  std::uint64_t places_ = 0;    // ever made
  bool listed_ = false;
};

}  // namespace tidings::delivery
