// Goal: metrics count what was said and come out as Prometheus text. Method: exact lines.
#include "backend/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace tidings::backend {
namespace {

TEST(Metrics, AreWrittenAsPrometheusText) {
  Metrics metrics;
  metrics.counter("a_total", "Help.", {{"code", "10004"}}).add(3);
  metrics.counter("a_total", "Help.", {{"code", "10007"}}).add();
  metrics.counter("a_total", "Help.", {{"code", "10004"}}).add();
  metrics.gauge("b", "Now.").set(-2);
  const auto text = metrics.text();
  EXPECT_NE(text.find("# HELP a_total Help.\n# TYPE a_total counter\n"), std::string::npos) << text;
  EXPECT_NE(text.find("a_total{code=\"10004\"} 4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("a_total{code=\"10007\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("b -2\n"), std::string::npos) << text;
}

TEST(Metrics, AHistogramCountsIntoItsBucketsUpToAndIncludingTheBound) {
  Metrics metrics;
  auto& histogram = metrics.histogram("h_seconds", "Time.", {}, {0.5, 1});
  for (const double value : {0.1, 0.5, 0.75, 1.0, 7.0}) histogram.observe(value);
  const auto text = metrics.text();
  EXPECT_NE(text.find("h_seconds_bucket{le=\"0.5\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("h_seconds_bucket{le=\"1\"} 4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("h_seconds_bucket{le=\"+Inf\"} 5\n"), std::string::npos) << text;
  EXPECT_NE(text.find("h_seconds_count 5\n"), std::string::npos) << text;
  histogram.observe_microseconds(250'000);
  EXPECT_EQ(histogram.count_at(0), 3U);
}

TEST(Metrics, CollectorsAreAskedAtTheScrapeUntilTheyStop) {
  Metrics metrics;
  int value = 1;
  auto handle = metrics.collect(
      [&](MetricSink& sink) { sink.gauge("queue", "Waiting.", {{"app", "1"}}, value); });
  EXPECT_NE(metrics.text().find("queue{app=\"1\"} 1\n"), std::string::npos);
  value = 2;
  Metrics::Collecting moved = std::move(handle);
  EXPECT_NE(metrics.text().find("queue{app=\"1\"} 2\n"), std::string::npos);
  moved.stop();
  EXPECT_EQ(metrics.text().find("queue"), std::string::npos);
}

TEST(Metrics, CountFromManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10'000; ++j) {
        metrics.counter("n_total", "N.").add();
        metrics.histogram("t_seconds", "T.").observe(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("n_total", "N.").value(), 40'000U);
  EXPECT_EQ(metrics.histogram("t_seconds", "T.").sum(), 40'000.0);
}

}  // namespace
}  // namespace tidings::backend
