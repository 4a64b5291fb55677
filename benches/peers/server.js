// What people write themselves: a return handler in Express, on Redis.
//
// It does a return's least: takes the session of the state (once), writes the outcome and a one-time token, and sends
// the browser on. It proves nothing, replays nothing, validates nothing and keeps no journey's past.
//
// PORT, REDIS_PORT; WORKERS=2 for two processes behind one port.
'use strict';

const cluster = require('node:cluster');
const { randomBytes } = require('node:crypto');
const express = require('express');
const Redis = require('ioredis');

const workers = Number(process.env.WORKERS || 1);

if (workers > 1 && cluster.isPrimary) {
  for (let i = 0; i < workers; i += 1) cluster.fork();
} else {
  const redis = new Redis(Number(process.env.REDIS_PORT), '127.0.0.1', { enableAutoPipelining: true });
  const app = express();
  app.disable('x-powered-by');

  app.get('/return/sandbox', async (request, response) => {
    const { state, code } = request.query;
    if (!state || !code) return response.status(400).send('unreadable');
    const text = await redis.getdel(`state:${state}`);
    if (!text) return response.status(404).send('unknown');
    const session = JSON.parse(text);
    const token = randomBytes(32).toString('base64url');
    session.status = 'success';
    session.settled_at = new Date().toISOString();
    await redis
      .multi()
      .set(`journey:${session.pay_id}`, JSON.stringify(session), 'EX', 7776000)
      .set(`token:${token}`, String(session.pay_id), 'EX', 300)
      .exec();
    const home = new URL(session.callback);
    home.searchParams.append('pay_id', session.pay_id);
    home.searchParams.append('user_id', session.user_id);
    home.searchParams.append('status', session.status);
    home.searchParams.append('one-time-token', token);
    response.set('Cache-Control', 'no-store');
    return response.redirect(302, home.toString());
  });

  app.listen(Number(process.env.PORT), '127.0.0.1');
}
