// An OPC UA server by node-opcua: a pump with a level, a speed to write, a method to call and an alarm; set and shown line by line.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import readline from "node:readline";
import { OPCUACertificateManager } from "node-opcua-certificate-manager";
import { OPCUAServer } from "node-opcua-server";
import { StatusCodes } from "node-opcua-status-code";
import { DataType } from "node-opcua-variant";

const tell = (what) => console.log(JSON.stringify(what));
const rootFolder = mkdtempSync(join(tmpdir(), "opcua-"));
const server = new OPCUAServer({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  securityPolicies: ["http://opcfoundation.org/UA/SecurityPolicy#None"],
  securityModes: [1],
  serverCertificateManager: new OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: true }),
});
await server.initialize();
const space = server.engine.addressSpace;
space.installAlarmsAndConditionsService();
const ns = space.registerNamespace("urn:example:pumps");
const pump = ns.addObject({
  organizedBy: space.rootFolder.objects,
  browseName: "Pump",
  nodeId: "s=Pump",
  eventNotifier: 1,
  eventSourceOf: space.rootFolder.objects.server,
});
const variable = (name, dataType, value) => {
  const added = ns.addVariable({
    componentOf: pump,
    browseName: name,
    nodeId: `s=Pump.${name}`,
    dataType: DataType[dataType],
    accessLevel: 3,
    userAccessLevel: 3,
  });
  added.setValueFromSource({ dataType: DataType[dataType], value });
  added.on("value_changed", (now) => tell({ changed: name, value: now.value.value }));
  return added;
};
const variables = {
  Level: variable("Level", "Double", 1.5),
  Speed: variable("Speed", "Int16", 40),
  Running: variable("Running", "Boolean", true),
  State: variable("State", "String", "auto"),
};
const start = ns.addMethod(pump, {
  browseName: "Start",
  nodeId: "s=Pump.Start",
  inputArguments: [{ name: "speed", dataType: DataType.Double }],
  outputArguments: [],
});
start.bindMethod((inputs, _context, done) => {
  tell({ called: "Start", speed: inputs[0].value });
  done(null, { statusCode: inputs[0].value > 100 ? StatusCodes.BadInvalidArgument : StatusCodes.Good, outputArguments: [] });
});
const alarm = ns.instantiateExclusiveLimitAlarm("ExclusiveLimitAlarmType", {
  browseName: "HighLevel",
  conditionSource: pump,
  componentOf: pump,
  inputNode: variables.Level,
  conditionName: "HighLevel",
  highHighLimit: 10,
  highLimit: 5,
  lowLimit: -10,
  lowLowLimit: -20,
  optionals: ["ConfirmedState", "Confirm"],
});
alarm.severity?.setValueFromSource?.({ dataType: DataType.UInt16, value: 700 });
await server.start();
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  for (const [name, value] of Object.entries(JSON.parse(line)))
    variables[name].setValueFromSource({ dataType: variables[name].readValue().value.dataType, value });
  tell({ done: true });
});
tell({ port: Number(process.argv[2]), namespace: ns.index });
