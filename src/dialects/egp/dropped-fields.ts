// Fields that mean nothing here.

/** Names of what was sent beside the fields of a schema; what is null says nothing. */
export function droppedFields(sent: Readonly<Record<string, unknown>>, known: object): readonly string[] {
	return Object.keys(sent).filter((name) => !Object.hasOwn(known, name) && sent[name] != null)
}
