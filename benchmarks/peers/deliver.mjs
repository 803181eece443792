// A queue's worker that posts every event to the sink; runs until it is killed.
import { deliverer, say, settings } from './common.mjs';
import { WIDTH, queues } from './queues.mjs';

const queue = queues[settings.queue]();
await queue.ready();
const deliver = deliverer(WIDTH);
await queue.work((id, body) => deliver(id, JSON.stringify(body)));
say({ ready: true });
