// From the outbox to BullMQ: takes rows in batches, adds them with one bulk call, and deletes them
// in the same transaction. The job's id is the row's, so a row relayed twice is one job.
import { postgresPool, say } from './common.mjs';
import { bullmq } from './queues.mjs';

const pool = postgresPool(2);
const queue = bullmq();
await queue.ready();
const client = await pool.connect();
say({ ready: true });
const BATCH = 500;
while (true) {
  await client.query('BEGIN');
  const taken = await client.query(`DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING id, body`);
  if (taken.rowCount > 0) {
    // BullMQ wants ids that are not plain numbers.
    await queue.addMany(taken.rows.map((row) => [`o${row.id}`, row.body]));
  }
  await client.query('COMMIT');
  // Polled at 5 ms when idle; LISTEN would wake it for every row.
  if (taken.rowCount === 0) await new Promise((done) => setTimeout(done, 5));
}
