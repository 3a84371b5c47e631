// Reads samples in the text format of Prometheus. It does not know which metrics exist.

export interface MetricSample {
	readonly name: string
	readonly labels: Readonly<Record<string, string>>
	readonly value: number
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** Every sample, in order. Comments and lines of another form are skipped. */
export function readMetrics(text: string): readonly MetricSample[] {
	return text.split('\n').flatMap((one) => {
		const [, name, labels = '', value] = line.exec(one) ?? []
		if (name === undefined) return []
		const entries = [...labels.matchAll(label)].map(([, key = '', quoted = '']) => [key, unescaped(quoted)] as const)
		return [{ name, labels: Object.fromEntries(entries), value: numberOf(value) }]
	})
}

function unescaped(quoted: string): string {
	return quoted.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}

/** Prometheus writes infinity as `+Inf`. */
function numberOf(text: string | undefined): number {
	return Number(text?.replace(/Inf$/, 'Infinity'))
}
