// A relay as a Modbus/TCP server, by the library jsmodbus: what is written into its registers and coils is told line by line.

import net from "node:net";
import jsmodbus from "jsmodbus";

const holding = Buffer.alloc(200);
const coils = Buffer.alloc(20);
const socket = new net.Server();
socket.on("connection", (client) => client.on("error", () => {})); // who asked was killed: the relay stands
const server = new jsmodbus.server.TCP(socket, { holding, coils });
const tell = () => {
  const registers = Array.from({ length: 6 }, (_, index) => holding.readUInt16BE(20 + index * 2)); // from the tenth on
  console.log(JSON.stringify({ registers, coils: coils[0], at: Date.now() }));
};
server.on("postWriteMultipleRegisters", tell);
server.on("postWriteSingleCoil", tell);
socket.listen(Number(process.argv[2]), "127.0.0.1", () => console.log(JSON.stringify({ port: socket.address().port })));
