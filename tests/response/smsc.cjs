// An SMPP server of its own process, by a library nobody here wrote: takes messages, and gives to whoever binds as receiver what it was told to.
// Each line of its standard input is a message to be delivered: {"esm_class", "source_addr", "short_message", …}; it prints what happens.

const fs = require("node:fs");
const readline = require("node:readline");
const smpp = require("smpp");

const [key, cert] = process.argv.slice(2);
const waiting = [];
let receiver = null;
let number = 0x4711;

const say = (told) => console.log(JSON.stringify(told));

function deliver() {
  while (receiver && waiting.length) {
    const given = waiting.shift();
    receiver.deliver_sm(given, (answer) => {
      say({ delivered: given.short_message, status: answer.command_status });
      if (answer.command_status !== 0) waiting.push(given);
    });
  }
}

function bound(session) {
  const accept = (pdu) => {
    const known = pdu.system_id === "vigie" && pdu.password === "s3cret";
    session.send(pdu.response({ command_status: known ? 0 : smpp.ESME_RBINDFAIL }));
    return known;
  };
  session.on("bind_transmitter", accept);
  session.on("bind_receiver", (pdu) => {
    if (!accept(pdu)) return;
    receiver = session;
    deliver();
  });
  session.on("submit_sm", (pdu) => {
    const { destination_addr, registered_delivery } = pdu;
    const id = (number++).toString(16);
    session.send(pdu.response({ message_id: id }));
    say({ to: destination_addr, text: pdu.short_message.message, registered_delivery, id });
  });
  session.on("unbind", (pdu) => {
    if (receiver === session) receiver = null;
    session.send(pdu.response());
    session.close();
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("error", () => undefined);
}

const options = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(cert), tls: true } : {};
const server = smpp.createServer(options, bound);
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  waiting.push(JSON.parse(line));
  say({ queued: waiting.length });
  deliver();
});
