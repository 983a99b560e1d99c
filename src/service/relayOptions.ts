/** What the machine is told, from what the service is told. */

import type { RelayOptions } from "../relay/options.ts";
import { formOf, guessesAt, nodePortsOf } from "../wire/dispy/releases.ts";
import type { ServiceOptions } from "./options.ts";

export function relayOptions(options: ServiceOptions): RelayOptions {
  const { limits, allow, schedulerHosts, nodeHosts, nodePorts, searchPorts, secret } = options;
  return {
    rules: {
      nodePorts: nodePortsOf,
      canBeAsked: (release) => formOf(release).relayInfo,
      guesses: guessesAt,
    },
    ...{ limits, allow, schedulerHosts, nodeHosts },
    hasSecret: secret !== "",
    schedulerPorts: searchPorts,
    ...(nodePorts === undefined ? {} : { nodePorts }),
    random: Math.random,
  };
}
