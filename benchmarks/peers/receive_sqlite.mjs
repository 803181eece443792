// A receiver as one writes it today: fastify and better-sqlite3, inbox and mirror in one
// transaction per callback, answered after it.
import Fastify from 'fastify';
import Database from 'better-sqlite3';
import { OK, isSigned, say, settings } from './common.mjs';

const db = new Database(settings.file);
db.pragma('journal_mode = WAL');        // better-sqlite3's first advice for throughput
db.pragma('synchronous = FULL');        // an answered callback survives a power cut, as with Tidings
db.pragma('wal_autocheckpoint = 10000');  // fewer checkpoints write the same page fewer times
db.pragma('cache_size = -65536');       // 64 MiB, so that the index stays in memory
db.exec(`
  CREATE TABLE inbox(request_id TEXT PRIMARY KEY, command TEXT NOT NULL, body TEXT NOT NULL,
                     received_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE topic(topic_id TEXT PRIMARY KEY, group_id TEXT NOT NULL, name TEXT NOT NULL,
                     owner TEXT NOT NULL, fields TEXT NOT NULL) WITHOUT ROWID;`);
// Prepared once; a statement per call would be compiled per call.
const intoInbox = db.prepare('INSERT OR IGNORE INTO inbox VALUES(?, ?, ?, ?)');
const intoMirror = db.prepare(`INSERT INTO topic VALUES(?, ?, ?, ?, ?) ON CONFLICT(topic_id)
  DO UPDATE SET name = excluded.name, owner = excluded.owner, fields = excluded.fields`);
const accept = db.transaction((id, body) => {
  if (intoInbox.run(id, body.CallbackCommand, JSON.stringify(body), Date.now()).changes === 0) return;
  intoMirror.run(body.TopicId, body.GroupId, body.Name, body.Owner_Account,
                 JSON.stringify(body.UserDefinedDataList ?? []));
});

// logger off, no schema for the answer: it is a constant string.
const app = Fastify({ logger: false });
app.post('/', (request, reply) => {
  reply.type('application/json');
  if (!isSigned(request.query, settings.token)) return reply.code(401).send('{"ErrorCode":1}');
  accept(request.query.RequestID, request.body);
  return reply.send(OK);
});
await app.listen({ port: 0, host: '127.0.0.1' });
say({ port: app.server.address().port });
