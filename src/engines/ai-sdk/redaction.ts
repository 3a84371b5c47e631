// Secrets among options whose meaning only a provider package knows, to be taken out of everything that it says.

/** Options of these names are no secrets, and would be missed where they are replaced. */
const open: ReadonlySet<string> = new Set([
	'name',
	'baseURL',
	'region',
	'location',
	'project',
	'resourceName',
	'apiVersion',
	'endpoint',
])

/** Shorter texts are no secrets, and would be found everywhere. */
const shortestSecret = 6

/** Replaces each text in `options`, but those of well-known open names, by `***`. */
export function redactorOf(options: unknown): (text: string) => string {
	const secrets = textsIn(options)
		.map((text) => text.replace(/^(bearer|basic)\s+/i, ''))
		.filter(({ length }) => length >= shortestSecret)
	return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}

function textsIn(value: unknown): readonly string[] {
	if (typeof value === 'string') return [value]
	if (typeof value !== 'object' || value === null) return []
	return Object.entries(value).flatMap(([name, inner]) => (open.has(name) ? [] : textsIn(inner)))
}
