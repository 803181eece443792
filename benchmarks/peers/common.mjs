// What every peer shares: its settings (one JSON argument), how it says that it is ready, and the
// pools of the drivers.
import pg from 'pg';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Pool as HttpPool } from 'undici';

export const settings = JSON.parse(process.argv[2] ?? '{}');

/** One line on standard output: the harness waits for it. */
export function say(value) {
  process.stdout.write(JSON.stringify(value) + '\n');
}

/** The protocol's answer. */
export const OK = '{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}';

// 32 connections: enough to share an fsync among many commits, and few enough that two cores do not
// drown in server processes; PostgreSQL's own advice is a small multiple of the cores.
export function postgresPool(max = 32) {
  const pool = new pg.Pool({ ...settings.postgres, max });
  pool.on('error', (error) => console.error(error));  // of an idle connection: unhandled, it ends the process
  return pool;
}

// undici's Pool is what Node's own fetch stands on, without fetch's cost; one connection a job.
export function httpPool(url, connections) {
  return new HttpPool(new URL(url).origin, { connections, pipelining: 1 });
}

/** Sign and RequestTime of a callback, as the receiver of Tidings checks them. */
export function isSigned(query, token, windowSeconds = 60) {
  const time = Number(query.RequestTime);
  if (!(Math.abs(Date.now() / 1000 - time) <= windowSeconds)) return false;
  const expected = createHash('sha256').update(token + query.RequestTime).digest('hex');
  const given = Buffer.from(String(query.Sign));
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
}

/** Runs `call(i)` with `width` calls under way for the warm-up and then the counted seconds. */
export async function closedLoop({ width, warmUpSeconds, seconds, call }) {
  const begun = performance.now();
  const counted = begun + warmUpSeconds * 1000;
  const end = counted + seconds * 1000;
  let next = 0, accepted = 0, answered = 0, refused = 0, firstRefusal = '';
  const latency = [];
  const worker = async () => {
    while (performance.now() < end) {
      const since = performance.now();
      try {
        await call(next++);
      } catch (error) {
        if (refused++ === 0) firstRefusal = String(error);
        continue;
      }
      accepted++;
      const now = performance.now();
      if (now < counted || now > end) continue;
      answered++;
      latency.push(now - since);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  latency.sort((a, b) => a - b);
  const at = (share) => latency[Math.min(latency.length - 1, Math.floor(share * latency.length))] ?? 0;
  return { answered, accepted, refused, broken: 0, first_refusal: firstRefusal, seconds,
           rate: answered / seconds, p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999) };
}

/** The documented sample with an id of its own and two custom fields. */
export function callbackBody(id) {
  const group = `@TGS#_@TGS#c${id % 1000}`;
  return { CallbackCommand: 'Group.CallbackAfterCreateTopic', GroupId: group,
           TopicId: `${group}@TOPIC#_@TOPIC#c${id}`, Operator_Account: 'group_root',
           Owner_Account: 'leckie', Type: 'Community', Name: 'MyFirstTopic',
           UserDefinedDataList: [{ Key: 'UserDefined1', Value: 'hello' },
                                 { Key: 'UserDefined2', Value: 'world' }] };
}

/** Delivers one callback; the RequestID in the query is what the sink counts by. */
export function deliverer(connections) {
  const pool = httpPool(settings.sink, connections);
  const query = 'CallbackCommand=Group.CallbackAfterCreateTopic&contenttype=json' +
                `&SdkAppid=${settings.sdkappid}&OptPlatform=RESTAPI&ClientIP=203.0.113.9`;
  return async (id, body) => {
    const sign = settings.token ? signature() : '';
    const answer = await pool.request({
      method: 'POST', path: `/?${query}${sign}&RequestID=${id}`,
      headers: { 'content-type': 'application/json' }, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || JSON.parse(text).ErrorCode !== 0) throw new Error(text);
  };
}

let signed = { second: 0, text: '' };
function signature() {
  const second = Math.floor(Date.now() / 1000);
  if (second !== signed.second) {
    const sign = createHash('sha256').update(settings.token + second).digest('hex');
    signed = { second, text: `&Sign=${sign}&RequestTime=${second}` };
  }
  return signed.text;
}
