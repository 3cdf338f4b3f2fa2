// A push service and a browser in one: decrypts with a library nobody here wrote, and checks the signature with OpenSSL.

import { createECDH, createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer } from "node:http";
import ece from "http_ece";

const browser = createECDH("prime256v1");
browser.generateKeys();
const auth = randomBytes(16);

function signedBy(header) {
  const [, token, key] = header.match(/^vapid t=([^,]+),\s*k=(.+)$/);
  const [head, claims, signature] = token.split(".");
  const point = Buffer.from(key, "base64url");
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  const signed = Buffer.from(`${head}.${claims}`);
  const good = verify("sha256", signed, { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
  return { good, key, claims: JSON.parse(Buffer.from(claims, "base64url")) };
}

const server = createServer((request, answer) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const status = Number(request.url.match(/(\d{3})$/)?.[1] ?? 201);
    if (status === 201) {
      const params = { version: "aes128gcm", privateKey: browser, authSecret: auth.toString("base64url") };
      const told = JSON.parse(ece.decrypt(Buffer.concat(parts), params).toString());
      const { ttl, urgency } = request.headers;
      console.log(JSON.stringify({ told, ttl, urgency, signed: signedBy(request.headers.authorization) }));
    }
    answer.writeHead(status, status === 201 ? { Location: "/m/4711" } : {}).end();
  });
});
server.listen(0, "127.0.0.1", () => {
  const keys = { p256dh: browser.getPublicKey().toString("base64url"), auth: auth.toString("base64url") };
  console.log(JSON.stringify({ port: server.address().port, keys }));
});
