// Which wires an engine or a wire may import: those that all share, and the one of its own name. No engine depends on
// another vendor's wire.

/** Folders of src/wire/ that every engine and every wire may import. */
const sharedWires: readonly string[] = ['json', 'media']

/** Permitted foreign wires, for engines and wires that cover several formats. */
export const furtherWires: Readonly<Record<string, readonly string[]>> = {
	'engines/openai-compatible': ['openai', 'reranking'],
	// Google's endpoint for this wire carries the signatures of its own.
	'wire/openai': ['gemini'],
	'wire/reranking': ['openai'],
}

export interface ForeignWire {
	/** Such as `engines/gemini`. */
	readonly importer: string
	/** Folder of src/wire/. */
	readonly name: string
}

/**
 * The wire that a file of an engine or a wire imports, unless it is its own or a shared one.
 *
 * @param file and `target`: paths below src/.
 */
export function foreignWire(file: string, target: string): ForeignWire | undefined {
	const [folder = '', ...members] = file.split('/')
	const [targetFolder, ...targetMembers] = target.split('/')
	if (targetFolder !== 'wire' || (folder !== 'engines' && folder !== 'wire')) return undefined
	const [member = folder] = members.slice(0, -1)
	const [name] = targetMembers.slice(0, -1)
	if (name === undefined || name === member || sharedWires.includes(name)) return undefined
	return { importer: `${folder}/${member}`, name }
}
