/// The order in which topics are listed: by creation (protocol 4.7.2), not by id as in a View.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "community/view.h"

namespace tidings::backend {

/// REQUIRES: `group` was in Needs::all_topics. Lifetime: points into the view.
inline std::vector<const community::Topic*> topics_by_creation(const community::View& view,
                                                               const community::GroupKey& group) {
  auto topics = view.topics_of(group);
  std::sort(topics.begin(), topics.end(), [](const auto* a, const auto* b) {
    return std::pair(a->create_time_s, a->row) < std::pair(b->create_time_s, b->row);
  });
  return topics;
}

}  // namespace tidings::backend
