#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace tidings {

namespace {

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

void fill_from_kernel(std::span<unsigned char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
    if (got < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace

std::uint64_t Random::next_u64() {
  std::array<unsigned char, 8> bytes{};
  fill(bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

double Random::next_unit() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

std::string Random::hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  const std::span<unsigned char> view{reinterpret_cast<unsigned char*>(raw.data()), raw.size()};
  fill(view);
  std::string out;
  out.reserve(bytes * 2);
  append_hex(out, view);
  return out;
}

std::string Random::uuid() {
  std::array<unsigned char, 16> bytes{};
  fill(bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string out;
  out.reserve(36);
  const std::span<const unsigned char> all{bytes};
  append_hex(out, all.subspan(0, 4));
  for (const std::size_t at : {4U, 6U, 8U}) {
    out += '-';
    append_hex(out, all.subspan(at, 2));
  }
  out += '-';
  append_hex(out, all.subspan(10, 6));
  return out;
}

void SystemRandom::fill(std::span<unsigned char> out) {
  if (out.size() > block_.size() / 2) return fill_from_kernel(out);
  const std::lock_guard lock(mutex_);
  if (block_.size() - used_ < out.size()) {
    fill_from_kernel(block_);
    used_ = 0;
  }
  std::memcpy(out.data(), block_.data() + used_, out.size());
  std::memset(block_.data() + used_, 0, out.size());  // a drawn secret does not stay behind
  used_ += out.size();
}

void SeededRandom::fill(std::span<unsigned char> out) {
  const std::lock_guard lock(mutex_);
  for (unsigned char& byte : out) byte = static_cast<unsigned char>(engine_());
}

}  // namespace tidings
