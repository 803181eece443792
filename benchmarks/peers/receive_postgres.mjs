// A receiver as one writes it today: fastify and PostgreSQL, an upsert per request.
import Fastify from 'fastify';
import { OK, isSigned, postgresPool, say, settings } from './common.mjs';

const pool = postgresPool();
await pool.query(`
  CREATE TABLE IF NOT EXISTS inbox(request_id text PRIMARY KEY, command text NOT NULL,
    body jsonb NOT NULL, received timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS topic(topic_id text PRIMARY KEY, group_id text NOT NULL,
    name text NOT NULL, owner text NOT NULL, fields jsonb NOT NULL);`);
// Inbox and mirror in one statement: one round trip and one commit, the least PostgreSQL can be
// asked for. Named, so that each connection plans it once.
const accept = { name: 'accept', text: `
  WITH seen AS (INSERT INTO inbox(request_id, command, body) VALUES($1, $2, $3)
                ON CONFLICT DO NOTHING RETURNING 1)
  INSERT INTO topic SELECT $4, $5, $6, $7, $8::jsonb FROM seen
  ON CONFLICT(topic_id) DO UPDATE SET name = excluded.name, owner = excluded.owner,
                                      fields = excluded.fields` };

const app = Fastify({ logger: false });
let committed = 0;
app.post('/', async (request, reply) => {
  reply.type('application/json');
  if (!isSigned(request.query, settings.token)) return reply.code(401).send('{"ErrorCode":1}');
  const body = request.body;
  await pool.query({ ...accept, values: [
    request.query.RequestID, body.CallbackCommand, JSON.stringify(body), body.TopicId,
    body.GroupId, body.Name, body.Owner_Account, JSON.stringify(body.UserDefinedDataList ?? [])] });
  ++committed;
  return reply.send(OK);
});
// For the whole road: how many callbacks stand, without asking the database for a count.
app.get('/committed', () => ({ committed }));
await app.listen({ port: 0, host: '127.0.0.1' });
say({ port: app.server.address().port });
