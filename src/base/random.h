/// Chance as a seam: ids, jitter and keys draw from a Random, so that a test's run can be repeated
/// from its seed.
///
/// Threads: every implementation is safe for concurrent use.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <string>

namespace tidings {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<unsigned char> out) = 0;

  std::uint64_t next_u64();
  double next_unit();                     ///< 0 <= x < 1
  std::string hex(std::size_t bytes);     ///< lower-case, two characters a byte
  std::string uuid();                     ///< RFC 4122 version 4, lower-case
};

/// Cryptographically strong bytes from the kernel, drawn in blocks.
class SystemRandom final : public Random {
 public:
  void fill(std::span<unsigned char> out) override;

 private:
  std::mutex mutex_;  // protects what stands below
  std::array<unsigned char, 4096> block_{};
  std::size_t used_ = 4096;
};

/// The same bytes for the same seed. For tests only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<unsigned char> out) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace tidings
