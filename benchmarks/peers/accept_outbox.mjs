// A backend as one writes it today: fastify and PostgreSQL, the topic and its outbox row in one
// transaction. It speaks the two REST calls that the load generator makes. UserSigs are not
// checked: the peer is spared that work.
import Fastify from 'fastify';
import { postgresPool, say } from './common.mjs';

const pool = postgresPool();
await pool.query(`
  CREATE TABLE IF NOT EXISTS grp(group_id text PRIMARY KEY, name text NOT NULL);
  CREATE TABLE IF NOT EXISTS topic(topic_id text PRIMARY KEY, name text NOT NULL,
    group_id text NOT NULL REFERENCES grp, fields jsonb NOT NULL,
    created timestamptz NOT NULL DEFAULT now());
  CREATE SEQUENCE IF NOT EXISTS topic_number;
  CREATE TABLE IF NOT EXISTS outbox(id bigserial PRIMARY KEY, group_id text NOT NULL,
    body jsonb NOT NULL);`);
// One statement is one transaction and one round trip: BEGIN, two INSERTs and COMMIT would be four.
const create = { name: 'create', text: `
  WITH made AS (
    INSERT INTO topic(topic_id, name, group_id, fields)
    VALUES($1 || '@TOPIC#_@TOPIC#' || nextval('topic_number'), $2, $1, $3) RETURNING topic_id)
  INSERT INTO outbox(group_id, body)
  SELECT $1, $4::jsonb || jsonb_build_object('TopicId', topic_id) FROM made
  RETURNING body->>'TopicId' AS topic_id` };

const app = Fastify({ logger: false });
// The load generator names no content type but JSON, so fastify's own parser is used.
app.post('/v4/group_open_http_svc/create_group', async (request, reply) => {
  await pool.query('INSERT INTO grp VALUES($1, $2)', [request.body.GroupId, request.body.Name]);
  reply.type('application/json');
  return `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupId":${JSON.stringify(request.body.GroupId)}}`;
});
app.post('/v4/million_group_open_http_svc/create_topic', async (request, reply) => {
  const { GroupId, TopicName, AppDefinedData } = request.body;
  const fields = JSON.stringify(AppDefinedData ?? []);
  const event = JSON.stringify({
    CallbackCommand: 'Group.CallbackAfterCreateTopic', GroupId, Operator_Account: 'administrator',
    Owner_Account: 'administrator', Type: 'Community', Name: TopicName,
    UserDefinedDataList: AppDefinedData ?? [] });
  const made = await pool.query({ ...create, values: [GroupId, TopicName, fields, event] });
  reply.type('application/json');
  return `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TopicId":${JSON.stringify(made.rows[0].topic_id)}}`;
});
await app.listen({ port: 0, host: '127.0.0.1' });
say({ port: app.server.address().port });
