#include "cli/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace tidings::cli {

/// Lines are whole writes, so that a reader of the file never sees half of one.
class Log::FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  ~FileSink() override {
    if (file_ != nullptr) std::fclose(file_);
  }

  Result<void> open() {
    std::FILE* fresh = std::fopen(path_.c_str(), "ae");
    if (fresh == nullptr) {
      return fail(Errc::unavailable,
                  "the log file '" + path_ + "' cannot be opened: " + std::strerror(errno));
    }
    const std::lock_guard lock(mutex_);
    std::swap(file_, fresh);
    if (fresh != nullptr) std::fclose(fresh);
    return {};
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::fwrite(line.data(), 1, line.size(), file_);
    std::fflush(file_);
  }
  void flush_() override { std::fflush(file_); }

 private:
  const std::string path_;
  std::FILE* file_ = nullptr;  // protected by the base's mutex_
};

Log::Log(std::shared_ptr<spdlog::logger> logger, std::shared_ptr<FileSink> file, LogFormat format,
         const Clock& clock)
    : logger_(std::move(logger)), file_(std::move(file)), format_(format), clock_(clock) {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const LogConfig& config, const Clock& clock) {
  std::shared_ptr<FileSink> file;
  spdlog::sink_ptr sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (!config.file.empty()) {
    file = std::make_shared<FileSink>(config.file);
    const auto opened = file->open();
    if (!opened) return opened.error();
    sink = file;
  }
  auto logger = std::make_shared<spdlog::logger>("tidings", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(config.level == "debug"     ? spdlog::level::debug
                    : config.level == "warning" ? spdlog::level::warn
                    : config.level == "error"   ? spdlog::level::err
                                                : spdlog::level::info);
  const auto format = config.format == "json" ? LogFormat::json : LogFormat::text;
  return std::unique_ptr<Log>(new Log(std::move(logger), std::move(file), format, clock));
}

bool Log::takes_debug() const { return logger_->should_log(spdlog::level::debug); }

void Log::debug(std::string_view event, const LogFields& fields) {
  if (!takes_debug()) return;
  logger_->debug("{}", log_line(format_, clock_.now_ms(), "debug", event, fields));
}
void Log::info(std::string_view event, const LogFields& fields) {
  if (!logger_->should_log(spdlog::level::info)) return;
  logger_->info("{}", log_line(format_, clock_.now_ms(), "info", event, fields));
}
void Log::warning(std::string_view event, const LogFields& fields) {
  if (!logger_->should_log(spdlog::level::warn)) return;
  logger_->warn("{}", log_line(format_, clock_.now_ms(), "warning", event, fields));
}
void Log::error(std::string_view event, const LogFields& fields) {
  logger_->error("{}", log_line(format_, clock_.now_ms(), "error", event, fields));
}

Result<void> Log::reopen() {
  if (!file_) return {};
  return file_->open();
}

}  // namespace tidings::cli
