// Metrics of a process, and the Prometheus text exposition format 0.0.4. Metrics are updated for every request and
// every token: after a child has been looked up once, an update is a single addition.

/** Snapshot of a metric family. */
export interface MetricSnapshot {
	readonly name: string
	readonly type: 'counter' | 'gauge' | 'histogram'
	readonly help: string
	/** How the values of several processes are combined. */
	readonly across: 'sum' | 'max' | 'min'
	readonly samples: readonly Sample[]
}

export interface Sample {
	/** `_bucket`, `_sum` or `_count` for histograms; otherwise empty. */
	readonly suffix: string
	/** The text between the braces. */
	readonly labels: string
	readonly value: number
}

export interface MetricDescription<Label extends string> {
	readonly name: string
	readonly help: string
	readonly labels: readonly Label[]
}

/** Only ever increases. */
export interface CounterChild {
	value: number
}

export interface HistogramChild {
	/** @param value in the unit of the metric's name. */
	observe(value: number): void
}

interface Family {
	snapshot(): MetricSnapshot
}

/** The metrics of one process. */
export class Metrics {
	private readonly families: Family[] = []

	/** @returns a function that returns the child for a tuple of label values; the same child for the same tuple. */
	counter<Label extends string>(description: MetricDescription<Label>): (...values: readonly string[]) => CounterChild {
		const children = new Children(description, (): CounterChild => ({ value: 0 }))
		this.families.push({
			snapshot: () => ({
				...head(description, 'counter', 'sum'),
				samples: children.all.map(([labels, { value }]) => ({ suffix: '', labels, value })),
			}),
		})
		return children.get
	}

	/** @param bounds upper bounds of the buckets, in ascending order. */
	histogram<Label extends string>(
		description: MetricDescription<Label>,
		bounds: readonly number[],
	): (...values: readonly string[]) => HistogramChild {
		const children = new Children(description, () => new Buckets(bounds))
		this.families.push({
			snapshot: () => ({
				...head(description, 'histogram', 'sum'),
				samples: children.all.flatMap(([labels, buckets]) => buckets.samples(labels)),
			}),
		})
		return children.get
	}

	/**
	 * @param read called at each scrape; returns label values and their current values.
	 * @param type `counter` for values that only increase but are counted elsewhere.
	 */
	gauge<Label extends string>(
		description: MetricDescription<Label>,
		read: () => readonly (readonly [values: readonly string[], value: number])[],
		across: MetricSnapshot['across'] = 'sum',
		type: 'gauge' | 'counter' = 'gauge',
	): void {
		this.families.push({
			snapshot: () => ({
				...head(description, type, across),
				samples: read().map(([values, value]) => ({
					suffix: '',
					labels: writeLabels(description.labels, values),
					value,
				})),
			}),
		})
	}

	snapshot(): readonly MetricSnapshot[] {
		return this.families.map((family) => family.snapshot())
	}
}

/** Merges the metrics of several processes. */
export function mergeSnapshots(processes: readonly (readonly MetricSnapshot[])[]): readonly MetricSnapshot[] {
	const merged = new Map<string, { metric: MetricSnapshot; samples: Map<string, Sample> }>()
	for (const metric of processes.flat()) {
		const known = merged.get(metric.name) ?? { metric, samples: new Map<string, Sample>() }
		merged.set(metric.name, known)
		for (const sample of metric.samples) {
			const key = `${sample.suffix}{${sample.labels}}`
			const before = known.samples.get(key)
			const value = before === undefined ? sample.value : join[metric.across](before.value, sample.value)
			known.samples.set(key, { ...sample, value })
		}
	}
	return [...merged.values()].map(({ metric, samples }) => ({ ...metric, samples: [...samples.values()] }))
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

export function writeMetrics(metrics: readonly MetricSnapshot[]): string {
	return metrics
		.map(({ name, type, help, samples }) => {
			const lines = samples.map(
				({ suffix, labels, value }) => `${name}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}\n`,
			)
			return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
		})
		.join('')
}

const join: Readonly<Record<MetricSnapshot['across'], (a: number, b: number) => number>> = {
	sum: (a, b) => a + b,
	max: Math.max,
	min: Math.min,
}

function head(
	{ name, help }: MetricDescription<string>,
	type: MetricSnapshot['type'],
	across: MetricSnapshot['across'],
): Omit<MetricSnapshot, 'samples'> {
	return { name, help, type, across }
}

/** The children of a family, by their label values. */
class Children<Child> {
	private readonly children = new Map<string, { readonly labels: string; readonly child: Child }>()
	private readonly description: MetricDescription<string>
	private readonly make: () => Child

	constructor(description: MetricDescription<string>, make: () => Child) {
		this.description = description
		this.make = make
	}

	get all(): readonly (readonly [labels: string, child: Child])[] {
		return [...this.children.values()].map(({ labels, child }) => [labels, child])
	}

	readonly get = (...values: readonly string[]): Child => {
		const key = values.length === 1 ? (values[0] ?? '') : values.join('\0')
		const known = this.children.get(key)
		if (known !== undefined) return known.child
		const child = this.make()
		this.children.set(key, { labels: writeLabels(this.description.labels, values), child })
		return child
	}
}

class Buckets {
	private readonly bounds: readonly number[]
	private readonly counts: Float64Array
	private sum = 0

	constructor(bounds: readonly number[]) {
		this.bounds = bounds
		this.counts = new Float64Array(bounds.length + 1)
	}

	observe(value: number): void {
		let bucket = 0
		while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket++
		this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
		this.sum += value
	}

	samples(labels: string): readonly Sample[] {
		let count = 0
		const buckets = [...this.bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
			count += this.counts[index] ?? 0
			const le = `le="${bound === Number.POSITIVE_INFINITY ? '+Inf' : bound}"`
			return { suffix: '_bucket', labels: labels === '' ? le : `${labels},${le}`, value: count }
		})
		return [...buckets, { suffix: '_sum', labels, value: this.sum }, { suffix: '_count', labels, value: count }]
	}
}

function writeLabels(names: readonly string[], values: readonly string[]): string {
	return names.map((name, index) => `${name}="${escapeValue(values[index] ?? '')}"`).join(',')
}

function escapeValue(value: string): string {
	return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
