// How fast a queue takes events, one call each: in process, without an HTTP server in front and
// without keeping a topic. With `count`, fills a backlog with the queue's bulk call instead.
import { callbackBody, closedLoop, say, settings } from './common.mjs';
import { queues } from './queues.mjs';

const queue = queues[settings.queue]();
await queue.ready();
say({ ready: true });
if (settings.count) {
  const BULK = 1000;
  for (let first = 0; first < settings.count; first += BULK) {
    const length = Math.min(BULK, settings.count - first);
    await queue.addMany(Array.from({ length }, (_, i) => [`e${first + i}`, callbackBody(first + i)]));
  }
  say({ accepted: settings.count });
} else {
  say(await closedLoop({ width: settings.connections, warmUpSeconds: settings.warm_up_seconds,
    seconds: settings.seconds, call: (i) => queue.addOne(`e${i}`, callbackBody(i)) }));
}
process.exit(0);
