// A Modbus/TCP device by the library jsmodbus: holding registers and coils, set and shown line by line.

import net from "node:net";
import readline from "node:readline";
import jsmodbus from "jsmodbus";

const [holding, input] = [Buffer.alloc(400), Buffer.alloc(400)];
const [coils, discrete] = [Buffer.alloc(20), Buffer.alloc(20)];
const socket = new net.Server();
socket.on("connection", (line) => line.on("error", () => line.destroy())); // whoever is killed in the middle of a question
const server = new jsmodbus.server.TCP(socket, { holding, input, coils, discrete });
const tell = (what) => console.log(JSON.stringify(what));
const show = () => tell({ holding: holding.toString("hex"), coils: coils[0] });
server.on("postWriteMultipleRegisters", show);
server.on("postWriteSingleRegister", show);
server.on("postWriteSingleCoil", show);
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const said = JSON.parse(line);
  for (const [at, word] of Object.entries(said.holding ?? {})) holding.writeUInt16BE(word, 2 * at);
  for (const [at, word] of Object.entries(said.input ?? {})) input.writeUInt16BE(word, 2 * at);
  if ("coils" in said) coils[0] = said.coils;
  if ("discrete" in said) discrete[0] = said.discrete;
  tell({ done: true });
});
socket.listen(Number(process.argv[2]), "127.0.0.1", () => tell({ port: socket.address().port }));
