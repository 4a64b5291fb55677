// A merchant's server in Express: where the browser comes home to, and its Payment Endpoint.
//
//   node server.mjs
//
// It prints its port as one line, and ends when its stdin closes.
import express from "express";

const app = express();

app.get("/checkout/callback", (req, res) => {
  const { pay_id, user_id, status } = req.query;

  if (status === "success") {
    res.send(`Payment ${pay_id} of ${user_id} successful!`);
  } else if (status === "cancel") {
    res.send(`Payment ${pay_id} of ${user_id} cancelled.`);
  } else {
    res.status(400).send("Unknown status");
  }
});

const events = [];

app.post("/webhook/payment", express.json(), (req, res) => {
  const { ResponseCode, data } = req.body;
  // Corrected: the pages spell the status with and without a capital letter, so it is compared without regard to it.
  if (ResponseCode === 1) events.push([data.pay_id, String(data.status).toLowerCase()]);
  res.sendStatus(200);
});

app.get("/events", (req, res) => res.json(events));

const server = app.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
process.stdin.on("end", () => process.exit(0)).resume();
