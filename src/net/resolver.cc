#include "net/resolver.h"

#include <optional>
#include <unordered_map>

#include "runtime/notifier.h"

namespace tidings::net {

using runtime::Deadline;

/// What is known of a name. Whoever waits for it holds it.
struct SystemResolver::Name {
  explicit Name(runtime::Lane& lane) : landed(lane) {}

  [[nodiscard]] bool fresh() const { return !addresses.empty() && !fresh_until.passed(); }
  /// What is better than the failure of the name server: an older answer.
  [[nodiscard]] Result<Addresses> best() const {
    const bool usable = !addresses.empty() && !last_until.passed();
    if (usable && (!failure || failure->kind == Errc::unavailable)) return addresses;
    if (failure) return *failure;
    return fail(Errc::unavailable, "the name server does not answer");
  }

  Addresses addresses;
  Deadline fresh_until, last_until;
  std::optional<Error> failure;  // of the last lookup
  Deadline again_at;             // after a failure
  bool under_way = false;
  runtime::Notifier landed;
};

class SystemResolver::Names : public std::enable_shared_from_this<Names> {
 public:
  Names(runtime::BlockingPool& pool, SystemResolverOptions options)
      : pool_(pool), options_(std::move(options)) {}

  std::shared_ptr<Name> find(const std::string& host) {
    const auto found = names_.find(host);
    if (found != names_.end()) return found->second;
    if (names_.size() >= kMaxKept) {
      std::erase_if(names_, [](const auto& entry) { return !entry.second->under_way; });
    }
    return names_.emplace(host, std::make_shared<Name>(*runtime::Lane::current())).first->second;
  }

  void begin(const std::string& host, const std::shared_ptr<Name>& name) {
    LookUp job{options_.lookup, host, name, weak_from_this(), *runtime::Lane::current(), {}};
    name->under_way = true;
    if (pool_.post(std::move(job))) return;
    land(*name, fail(Errc::unavailable, "too many names are being looked up"),
         std::chrono::milliseconds{0});
  }

  [[nodiscard]] std::chrono::milliseconds patience() const { return options_.patience; }

 private:
  static constexpr std::size_t kMaxKept = 10'000;

  /// Runs on the pool, so it owns what it uses.
  struct LookUp {
    Lookup lookup;
    std::string host;
    std::shared_ptr<Name> name;  // touched on the lane only
    std::weak_ptr<Names> names;
    runtime::Lane& lane;
    Result<Addresses> found;

    void operator()() {
      const auto began = Deadline::SteadyClock::now();
      found = lookup(host);
      const auto took = Deadline::SteadyClock::now() - began;
      lane.post([name = std::move(name), names = std::move(names), found = std::move(found), took] {
        if (const auto there = names.lock()) there->land(*name, found, took);
      });
    }
  };

  void land(Name& name, const Result<Addresses>& found, std::chrono::nanoseconds took) {
    name.under_way = false;
    if (found) {
      name.addresses = *found;
      name.failure.reset();
      name.fresh_until = Deadline::after(options_.keep);
      name.last_until = Deadline::after(options_.last_known);
    } else {
      name.failure = found.error();
      name.again_at = Deadline::after(took * options_.rest);
    }
    name.landed.notify_all();
  }

  runtime::BlockingPool& pool_;
  const SystemResolverOptions options_;
  std::unordered_map<std::string, std::shared_ptr<Name>> names_;
};

SystemResolver::SystemResolver(runtime::BlockingPool& pool, SystemResolverOptions options)
    : names_(std::make_shared<Names>(pool, std::move(options))) {}
SystemResolver::~SystemResolver() = default;

runtime::awaitable<Result<Addresses>> SystemResolver::resolve(std::string host) {
  boost::system::error_code not_numeric;
  const auto numeric = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Addresses{numeric};
  const std::shared_ptr<Name> name = names_->find(host);
  if (name->fresh()) co_return name->addresses;
  if (!name->under_way) {
    if (name->failure && !name->again_at.passed()) co_return name->best();
    names_->begin(host, name);
    if (!name->under_way) co_return name->best();
  }
  const bool something = name->best().has_value();
  auto landed = co_await name->landed.wait(something ? Deadline::after(names_->patience())
                                                     : Deadline::never());
  if (!landed && landed.error().kind == Errc::cancelled) co_return std::move(landed).error();
  if (landed && !name->failure) co_return name->addresses;
  co_return name->best();
}

}  // namespace tidings::net
