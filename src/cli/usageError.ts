/** The command was used wrongly: the message names what, its value, what was expected. Ends with exit code 2. */
export class UsageError extends Error {}
