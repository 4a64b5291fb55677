// A merchant's server that judges every notice with the JavaScript reference library of Standard Webhooks: 204, or 400.
//
//   WEBHOOK_SECRET=whsec_… node receiver.mjs
//
// It prints its port as one line, and ends when its stdin closes.
import http from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    let status = 204;
    let why;
    try {
      // The body as it came: whoever parses it and writes it again signs something else.
      webhook.verify(Buffer.concat(pieces).toString("utf8"), request.headers, { jsonParse: false });
    } catch (error) {
      status = error instanceof WebhookVerificationError ? 400 : 500;
      why = String(error.message ?? error);
    }
    response.writeHead(status).end(status === 204 ? undefined : why);
  });
});

server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
process.stdin.on("end", () => process.exit(0)).resume();
