// The remedies for errors that prevent a PostgreSQL database from being opened, by SQLSTATE.

import { readErrorCodes } from '../sql/database-failure.ts'

const remedies: Readonly<Record<string, string>> = {
	'08P01': 'a connection pooler must be in transaction or session mode',
	'25006': 'the server is read-only, as a standby is: configure the address of the primary',
	'28000': 'check the user, and the rules for it in pg_hba.conf',
	'28P01': 'check the user and the password in the URL',
	'3D000': "create it: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
	'3F000': 'the search_path of the user contains no schema that exists: ALTER USER … SET search_path = …',
	'42501': 'the user needs rights on the schema: GRANT USAGE, CREATE ON SCHEMA … TO …',
	'53300': 'increase max_connections of the server, or use a connection pooler',
}

/** Adds the remedy to the message. The result has no codes. */
export function explainOpening(thrown: unknown): unknown {
	const remedy = remedies[readErrorCodes(thrown).errno]
	if (remedy === undefined || !(thrown instanceof Error)) return thrown
	return new Error(`${thrown.message} (${remedy})`, { cause: thrown })
}
