// A problem with one field of the configuration, and how messages name the field.

export interface ConfigProblem {
	readonly path: readonly PropertyKey[]
	readonly message: string
}

/** The notation of a field in messages: `models.local.route[0]`, `models["llama3.1:8b"].route`. */
export function writePath(path: readonly PropertyKey[]): string {
	let text = ''
	for (const step of path) {
		const name = String(step)
		if (/^\d+$/.test(name) && text !== '') text += `[${name}]`
		else if (/^[\w-]+$/.test(name)) text += text === '' ? name : `.${name}`
		else text += `[${JSON.stringify(name)}]`
	}
	return text
}

/** The notation of `value` in messages: short, on one line. */
export function shown(value: unknown): string {
	const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
	return text.length <= maxShownLength ? text : `${text.slice(0, maxShownLength)}…`
}

const maxShownLength = 80
