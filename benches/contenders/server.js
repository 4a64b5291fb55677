// What people write themselves: a return handler in Fastify or Express, with ioredis. For each state it asks Redis what
// a recorded return asked (benches/contenders/exchange.rs), and sends the browser where that was sent.
//
// FRAMEWORK (fastify or express), PORT, REDIS_PORT, EXCHANGES.
'use strict';

const { readFileSync } = require('node:fs');
const Redis = require('ioredis');

const { FRAMEWORK, PORT, REDIS_PORT, EXCHANGES } = process.env;
const redis = new Redis(Number(REDIS_PORT), '127.0.0.1', { enableAutoPipelining: true });
const exchanges = readFileSync(EXCHANGES);
const places = new Map();

let at = 0;
const number = () => {
  at += 2;
  return exchanges.readUInt16BE(at - 2);
};
const bytes = () => {
  const length = number();
  at += length;
  return exchanges.subarray(at - length, at);
};

for (let next = 0; next < exchanges.length; ) {
  at = next + 4;
  next = at + exchanges.readUInt32BE(next);
  const place = at;
  places.set(bytes().toString(), place);
}

// Text is quicker than bytes in ioredis, and enough for JSON.
const isText = !EXCHANGES.endsWith('same');

function read(place) {
  at = place;
  bytes();
  const location = bytes().toString();
  const commands = [];
  for (let left = number(); left > 0; left -= 1) {
    const command = [];
    for (let more = number(); more > 0; more -= 1) command.push(isText ? bytes().toString('latin1') : bytes());
    commands.push(command);
  }
  return { location, commands };
}

// Where a browser with this state is sent; nothing when Redis does not know it.
async function home(state) {
  const place = places.get(state);
  if (place === undefined) return undefined;
  const { location, commands } = read(place);
  let reply;
  for (const [name, ...args] of commands) {
    reply = await redis[`${name.toString().toLowerCase()}Buffer`](...args);
    if (reply === null) return undefined;
  }
  return reply === 1 ? location : undefined;
}

if (FRAMEWORK === 'express') {
  const app = require('express')();
  app.disable('x-powered-by');
  app.get('/return/sandbox', async (request, response) => {
    const location = await home(request.query.state);
    if (location === undefined) return response.status(404).send('unknown');
    response.set('Cache-Control', 'no-store');
    return response.redirect(303, location);
  });
  app.listen(Number(PORT), '127.0.0.1');
} else {
  const app = require('fastify')();
  app.get('/return/sandbox', async (request, reply) => {
    const location = await home(request.query.state);
    if (location === undefined) return reply.code(404).send('unknown');
    return reply.header('Cache-Control', 'no-store').redirect(location, 303);
  });
  app.listen({ port: Number(PORT), host: '127.0.0.1' });
}
