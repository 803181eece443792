/// Job: a piece of work that is run once and may own move-only things (std::function cannot).
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace tidings::runtime {

class Job {
 public:
  Job() = default;
  template <class F>
    requires(!std::same_as<std::decay_t<F>, Job> && std::invocable<std::decay_t<F>&>)
  Job(F&& work) : body_(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(work))) {}

  explicit operator bool() const { return body_ != nullptr; }
  void operator()() { body_->run(); }

 private:
  struct Runnable {
    virtual ~Runnable() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Body final : Runnable {
    template <class G>
    explicit Body(G&& g) : work(std::forward<G>(g)) {}
    void run() override { work(); }
    F work;
  };
  std::unique_ptr<Runnable> body_;
};

}  // namespace tidings::runtime
