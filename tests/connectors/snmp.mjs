// An SNMP agent by the library net-snmp: a UPS with a table of outlets; set, told to send a trap, and shown line by line.

import readline from "node:readline";
import snmp from "net-snmp";

const [port, traps] = [Number(process.argv[2]), Number(process.argv[3])];
const tell = (what) => console.log(JSON.stringify(what));
const ENGINE = "8000B98380ABCDEF0123456789";
const user = {
  name: "vigie",
  level: snmp.SecurityLevel.authPriv,
  authProtocol: snmp.AuthProtocols.sha256,
  authKey: "authentication",
  privProtocol: snmp.PrivProtocols.aes,
  privKey: "confidentiality",
};
const BASE = "1.3.6.1.4.1.99999.1";
const agent = snmp.createAgent(
  { port, address: "127.0.0.1", engineID: ENGINE, accessControlModelType: snmp.AccessControlModelType.Simple },
  () => {},
);
const authorizer = agent.getAuthorizer();
authorizer.addCommunity("public");
authorizer.addCommunity("private");
authorizer.addUser(user);
authorizer.getAccessControlModel().setCommunityAccess("private", snmp.AccessLevel.ReadWrite);
const mib = agent.getMib();
const scalar = (name, oid, scalarType, value, maxAccess = snmp.MaxAccess["read-only"]) => {
  const handler = (request) => {
    if (request.operation === snmp.PduType.SetRequest && !request.testSet) tell({ set: name, value: request.setValue });
    request.done();
  };
  mib.registerProvider({ name, type: snmp.MibProviderType.Scalar, oid: `${BASE}.${oid}`, scalarType, maxAccess, handler });
  mib.setScalarValue(name, value);
};
scalar("charge", 1, snmp.ObjectType.Gauge, 87);
scalar("temperature", 2, snmp.ObjectType.OctetString, " 23.5 ");
scalar("source", 3, snmp.ObjectType.OctetString, "mains");
scalar("setpoint", 4, snmp.ObjectType.Integer, 5, snmp.MaxAccess["read-write"]);
scalar("description", 5, snmp.ObjectType.OctetString, "UPS 3000");
mib.registerProvider({
  name: "outlets",
  type: snmp.MibProviderType.Table,
  oid: `${BASE}.9.1`,
  maxAccess: snmp.MaxAccess["not-accessible"],
  tableColumns: [
    { number: 1, name: "index", type: snmp.ObjectType.Integer, maxAccess: snmp.MaxAccess["read-only"] },
    { number: 2, name: "on", type: snmp.ObjectType.Integer, maxAccess: snmp.MaxAccess["read-only"] },
  ],
  tableIndex: [{ columnName: "index" }],
});
for (const row of [
  [1, 1],
  [2, 0],
  [3, 1],
])
  mib.addTableRow("outlets", row);
const send = (version) => {
  const options = { trapPort: traps, version: snmp.Version2c, engineID: ENGINE };
  const session =
    version === 3
      ? snmp.createV3Session("127.0.0.1", user, { trapPort: traps, engineID: ENGINE })
      : snmp.createSession("127.0.0.1", "public", options);
  const bindings = [{ oid: `${BASE}.3.0`, type: snmp.ObjectType.OctetString, value: "battery" }];
  session.trap(`${BASE}.0.1`, bindings, (error) => tell({ done: true, error: String(error ?? "") }));
};
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const said = JSON.parse(line);
  if (said.trap) return send(said.trap);
  for (const [name, value] of Object.entries(said)) mib.setScalarValue(name, value);
  tell({ done: true });
});
setTimeout(() => tell({ port }), 200);
