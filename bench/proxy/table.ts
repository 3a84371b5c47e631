// The results as rows: printed, and written to bench/results with a description of the machine. A missed aim is not an
// error.

import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Row {
	readonly measure: string
	readonly unit: string
	readonly ours?: number
	readonly nginx?: number
	/** Ours ÷ nginx's: the median over the rounds of the ratio within a round. */
	readonly ratio?: number
	/** A bound on the ratio, or on our value if there is no ratio. */
	readonly aim?: { readonly of: 'ratio' | 'ours'; readonly atMost: number }
	readonly note?: string
	/** Each round's values. */
	readonly rounds?: readonly Readonly<Record<string, number>>[]
}

export function isMet({ aim, ratio, ours }: Row): boolean | undefined {
	const value = aim?.of === 'ratio' ? ratio : ours
	return aim === undefined || value === undefined ? undefined : value <= aim.atMost
}

export function writeTable(rows: readonly Row[]): string {
	const cells = rows.map((row) => {
		const { measure, unit, ours, nginx, ratio, aim, note } = row
		const met = isMet(row)
		return [
			unit === '' ? measure : `${measure}, ${unit}`,
			shown(ours),
			shown(nginx),
			ratio === undefined ? '' : ratio.toFixed(2),
			aim === undefined ? '' : `≤ ${aim.atMost}`,
			met === undefined ? '' : met ? 'yes' : 'no',
			note ?? '',
		]
	})
	const lines = [['measure', 'Dragoman', 'nginx', 'ratio', 'aim', 'met', 'note'], Array(7).fill('---'), ...cells]
	return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`
}

export async function keepTable(folder: string, rows: readonly Row[], nginxVersion: string): Promise<void> {
	const machine = {
		date: new Date().toISOString().slice(0, 16),
		processor: cpus()[0]?.model ?? 'unknown',
		cores: cpus().length,
		memoryGb: Math.round(totalmem() / 2 ** 30),
		kernel: release(),
		bun: Bun.version,
		nginx: nginxVersion,
	}
	await mkdir(folder, { recursive: true })
	await writeFile(join(folder, 'proxy.json'), `${JSON.stringify({ machine, rows }, undefined, '\t')}\n`)
	const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`)
	await writeFile(
		join(folder, 'proxy.md'),
		`# Dragoman beside nginx\n\n\`npm run bench\`: ${facts.join(', ')}.\n\n${writeTable(rows)}`,
	)
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b)
	const middle = Math.floor(sorted.length / 2)
	if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN
	return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The slope of y over x, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
	const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length
	const [meanX, meanY] = [mean(0), mean(1)]
	const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
	const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
	return below === 0 ? 0 : above / below
}

function shown(value: number | undefined): string {
	if (value === undefined) return ''
	const size = Math.abs(value)
	return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}
