// The provider of dynamic resources refuses an engine that attaches to it, for no reason but that nobody has needed it: all that it would have to do
// is to say yes. Loaded before it, this says yes. It also takes the environment of the sandbox that it is to serve next: our providers look there for tokens.
"use strict";
const { Server } = require("@grpc/grpc-js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");

const addService = Server.prototype.addService;
Server.prototype.addService = function (definition, implementation) {
  implementation.attach = (_call, reply) => reply(undefined, new Empty());
  return addService.call(this, definition, implementation);
};

const own = { ...process.env };
process.on("message", (environment) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, own, environment);
  process.send("taken");
});
process.channel?.unref();
