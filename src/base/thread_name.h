/// What a debugger, `top -H` and `perf` call the thread that runs this; 15 characters are kept.
#pragma once

#include <pthread.h>

#include <string>
#include <string_view>

namespace tidings {

inline void name_this_thread(std::string_view name) {
  pthread_setname_np(pthread_self(), std::string(name.substr(0, 15)).c_str());
}

}  // namespace tidings
