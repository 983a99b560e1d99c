// Keeps the table in the docs, with the circumstances it was measured in.
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { fileURLToPath } from "node:url";
import { run } from "./shell.ts";

const FILE = fileURLToPath(new URL("../../docs/measured/lab.md", import.meta.url));

export async function writeMeasured(table: string, repeats: number): Promise<void> {
  const python = (await run("python3", ["--version"])).trim();
  const day = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}, ${python}`;
  const text = `# The lab, as measured

Written by \`LAB_WRITE=1 npm run test:lab\` on ${day} (${machine}); ${repeats === 1 ? "one run" : `medians of ${repeats} runs`} each.
Real dispy from PyPI, one host per network namespace, a router between the subnets that passes no broadcasts.
"Nodes" are those that ran a job of the cluster they should reach. Times run from the cluster's creation, or from the
moment that a scenario's name tells, until the scheduler knew its first, its last node.

${table}
`;
  await mkdir(fileURLToPath(new URL("../../docs/measured", import.meta.url)), { recursive: true });
  await writeFile(FILE, text);
}
