/** The walls of the house: imports point downwards, see docs/design.md. */
const wall = (name, from, to, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: "^src/index[.]ts$" },
      to: {},
    },
    wall(
      "wire-is-pure",
      "^src/wire/",
      "^src/(?!wire/)",
      "the wire turns bytes into messages and knows nobody",
    ),
    wall(
      "relay-is-pure",
      "^src/relay/",
      "^src/(?!relay/|wire/message[.]ts$)",
      "the relay knows messages, not bytes",
    ),
    wall("net-knows-no-policy", "^src/net/", "^src/(?!net/)", "net moves bytes"),
    wall("service-is-below-cli", "^src/service/", "^src/cli/", "the service prints nothing"),
    {
      name: "no-node-in-the-core",
      comment: "wire and relay have neither sockets nor a clock",
      severity: "error",
      from: { path: "^src/(wire|relay)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "sockets-live-in-net",
      severity: "error",
      from: { path: "^src/(?!net/)" },
      to: { path: "^(node:)?(dgram|net|tls|os|dns)(/promises)?$|dgram-as-promised" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
