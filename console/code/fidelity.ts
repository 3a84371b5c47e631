// What each dialect can express, from the tables of docs/fidelity.md, which are generated and tested against the dialects.

import page from '../../docs/fidelity.md' with { type: 'text' }
import { type CodeDialect, type CodeFeature, codeFeatures, dialectForms } from './code-dialects.ts'

/** The headings of the tables. */
const tables: Readonly<Record<CodeDialect, string>> = {
	openai: 'openai',
	responses: 'openai responses',
	anthropic: 'anthropic',
	albert: 'albert',
	opengatellm: 'opengatellm',
	egp: 'egp',
	'aleph-alpha': 'aleph-alpha',
}

/** The features of a request that the code view names, by their rows. The first ones are those that the page can send. */
const rows = {
	instructions: 'system message',
	images: 'image, inline',
	temperature: 'temperature',
	topP: 'top_p',
	maxOutputTokens: 'token limit',
	effort: 'reasoning effort',
	tools: 'tools',
	schema: 'JSON schema',
	toolResults: 'tool calls and results of earlier turns',
	files: 'file (PDF)',
	audio: 'audio',
	stop: 'stop sequences',
	topK: 'top_k',
	frequencyPenalty: 'frequency penalty',
	seed: 'seed',
	logProbabilities: 'log probabilities',
	choices: 'several choices (n)',
} as const satisfies Readonly<Record<CodeFeature, string>> & Readonly<Record<string, string>>

export type FidelityFeature = keyof typeof rows

export type Carried =
	/** The field has the name that it has in the page's own request. */
	| { readonly type: 'same' }
	/** The field has another name. */
	| { readonly type: 'renamed'; readonly field: string }
	/** The dialect carries it; the page does not send it. */
	| { readonly type: 'carried' }
	| { readonly type: 'none' }

export interface CarriedFeature {
	readonly feature: FidelityFeature
	readonly carried: Carried
}

/** What a dialect carries, in the order of the table above. */
export function listCarried(dialect: CodeDialect): readonly CarriedFeature[] {
	const cells = readTable(tables[dialect])
	return (Object.keys(rows) as FidelityFeature[]).map((feature) => ({
		feature,
		carried: cells.get(rows[feature]) === '–' ? { type: 'none' } : nameOf(dialect, feature),
	}))
}

function nameOf(dialect: CodeDialect, feature: FidelityFeature): Carried {
	const known = codeFeatures.find((name) => name === feature)
	const field = known === undefined ? undefined : dialectForms[dialect].fields[known]
	if (known === undefined || field === undefined) return { type: 'carried' }
	return field === dialectForms.responses.fields[known] ? { type: 'same' } : { type: 'renamed', field }
}

/** The first column of engines for each row of a table: `–` is in every column, or in none. */
export function readTable(heading: string): ReadonlyMap<string, string> {
	const [, section = ''] = page.split(`\n## ${heading}\n`)
	const [requests = ''] = section.split('\n## ')[0]?.split('\n| response |') ?? []
	return new Map(
		requests
			.split('\n')
			.filter((line) => line.startsWith('| '))
			.map((line) => line.split('|').map((cell) => cell.trim()))
			.map(([, row = '', cell = '']) => [row, cell]),
	)
}
