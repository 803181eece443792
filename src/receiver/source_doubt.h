/// What is not taken from a source's answer although it stands there, so that a wrong one destroys nothing.
///
/// Pure. Threads: those of the values.
#pragma once

#include <cstdint>
#include <vector>

#include "receiver/source_state.h"
#include "store/mirror_rows.h"

namespace tidings::receiver {

/// A time of creation that cannot be is as good as not said: one in the future would outlive all that is
/// told until then. Clocks may be a day apart.
void doubt_creation(SourceProfile& profile, std::int64_t now_s);

/// Leaves of the group's topics each one once, and none that is named after another group. Of those that
/// the source cannot tell of now (SourceTopic::code) nothing is known: they go from both sides. False:
/// there were such.
bool leave_what_is_told(const GroupId& group, std::vector<SourceTopic>& there,
                        std::vector<store::MirrorTopic>& here);

}  // namespace tidings::receiver
