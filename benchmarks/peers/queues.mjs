// The three queues behind one small interface: open, add one, add many, work, close.
import { Queue, Worker } from 'bullmq';
import PgBoss from 'pg-boss';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { postgresPool, settings } from './common.mjs';

const NAME = 'callbacks';
/** Jobs handled at one time, in every queue: the concurrency that the comparison names. */
export const WIDTH = 100;

/** BullMQ on Redis. Durability is Redis's: appendfsync always, set where Redis is started. */
export function bullmq() {
  const connection = { ...settings.redis, maxRetriesPerRequest: null };
  const queue = new Queue(NAME, { connection, defaultJobOptions: {
    removeOnComplete: true,  // BullMQ's "going to production": keep no finished jobs
    attempts: 3 } });
  return {
    ready: () => queue.waitUntilReady(),
    addOne: (id, data) => queue.add('event', data, { jobId: String(id) }),
    addMany: (entries) => queue.addBulk(entries.map(([id, data]) => (
      { name: 'event', data, opts: { jobId: String(id) } }))),
    async work(handle) {
      // Concurrency for jobs that wait on the network, as its documentation has it for I/O.
      const worker = new Worker(NAME, (job) => handle(job.id, job.data), { connection, concurrency: WIDTH });
      worker.on('error', (error) => console.error(error));
      await worker.waitUntilReady();
    },
  };
}

/** pg-boss on PostgreSQL. */
export function pgboss() {
  const boss = new PgBoss({ ...settings.postgres, max: 32,
    supervise: false, schedule: false,  // maintenance and cron take from the figures and add nothing
    migrate: true });
  return {
    async ready() {
      boss.on('error', (error) => console.error(error));
      await boss.start();
      await boss.createQueue(NAME);
    },
    addOne: (id, data) => boss.send(NAME, { event: id, ...data }),
    addMany: (entries) => boss.insert(entries.map(([id, data]) => (
      { name: NAME, data: { event: id, ...data } }))),
    async work(handle) {
      // fetch and complete in loops: work() polls at most twice a second, which caps it at
      // 2 * batchSize a second. Batches of the common width; two loops, so that one fetches while
      // the other's callbacks are under way.
      const loop = async () => {
        while (true) {
          const jobs = await boss.fetch(NAME, { batchSize: WIDTH / 2 });
          if (!jobs || jobs.length === 0) { await new Promise((done) => setTimeout(done, 20)); continue; }
          await Promise.all(jobs.map(({ data: { event, ...rest } }) => handle(event, rest)));
          await boss.complete(NAME, jobs.map((job) => job.id));
        }
      };
      for (let i = 0; i < 2; ++i) loop();
    },
  };
}

/** graphile-worker on PostgreSQL. */
// By default it writes a line per job, which would be measured too.
const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(message);
});

export function graphile() {
  const pgPool = postgresPool(32);
  let utils;
  return {
    async ready() {
      utils = await makeWorkerUtils({ pgPool, logger });
      await utils.migrate();
    },
    addOne: (id, data) => utils.addJob(NAME, { event: id, ...data }),
    addMany: (entries) => pgPool.query(
      `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
         SELECT json_populate_record(NULL::graphile_worker.job_spec, spec)
         FROM json_array_elements($1::json) spec))`,
      [JSON.stringify(entries.map(([id, data]) => (
        { identifier: NAME, payload: { event: id, ...data } })))]),
    async work(handle) {
      await run({ pgPool, logger, noHandleSignals: true, preset: { worker: {
          concurrentJobs: WIDTH,
          pollInterval: 100,
          // Its "performance" page: a local queue and batched completion for many short jobs.
          localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
        taskList: { [NAME]: ({ event, ...rest }) => handle(event, rest) } });
    },
  };
}

export const queues = { bullmq, pgboss, graphile };
