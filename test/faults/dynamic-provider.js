/** Pulumi's own provider of dynamic resources, to which an engine can attach: it needs nothing of the engine, and so takes one after another. */
"use strict";
const { Server } = require("@grpc/grpc-js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");

const { addService } = Server.prototype;
Server.prototype.addService = function (service, handlers) {
  const attach = (_, callback) => callback(null, new Empty());
  return addService.call(this, service, Object.assign(Object.create(handlers), { attach }));
};
require("@pulumi/pulumi/cmd/dynamic-provider/index.js");
