// An answer in JSON: as a tree or as it arrived, and whether it has the form of its schema. Loaded with the first one.

import { Validator } from '@cfworker/json-schema'
import { useMemo, useState } from 'preact/hooks'
import { text as languageText } from '../languages/all-sentences.ts'
import { CodeBlock } from '../markdown/code-block.tsx'
import { Segmented } from '../parts/segmented.tsx'
import { isRecord } from '../state/schema-rows.ts'

export interface StructuredAnswerProps {
	readonly text: string
	readonly schema: unknown
}

export function StructuredAnswer({ text, schema }: StructuredAnswerProps) {
	const words = languageText.value
	const [view, setView] = useState<'tree' | 'raw'>('tree')
	const { value, problem } = useMemo(() => check(text, schema), [text, schema])
	const isJson = value !== undefined
	return (
		<div class="structured">
			<div class="code-choices">
				<span class={problem === undefined ? 'muted' : 'problem'} role="status">
					{problem === undefined ? words.validAnswer : isJson ? words.invalidAnswer(problem) : words.noJsonAnswer}
				</span>
				{isJson && (
					<Segmented
						label={words.jsonSchema}
						choices={[
							{ value: 'tree', label: words.showTree },
							{ value: 'raw', label: words.showRaw },
						]}
						value={view}
						onChange={setView}
					/>
				)}
			</div>
			{isJson && view === 'tree' ? <Branch value={value} /> : <CodeBlock language="json" code={text} open={false} />}
		</div>
	)
}

interface CheckedAnswer {
	/** Undefined if the text is no JSON. */
	readonly value: unknown
	/** Why it is not valid. */
	readonly problem: string | undefined
}

function check(text: string, schema: unknown): CheckedAnswer {
	try {
		const value: unknown = JSON.parse(text)
		if (!isRecord(schema)) return { value, problem: undefined }
		const { valid, errors } = new Validator(schema).validate(value)
		// The last errors are the innermost ones.
		const innermost = errors.at(-1)
		return {
			value,
			problem: valid ? undefined : `${innermost?.instanceLocation ?? ''} ${innermost?.error ?? ''}`.trim(),
		}
	} catch (failure) {
		return { value: undefined, problem: String(failure) }
	}
}

/** Objects and lists are unfolded; other values are beside their name. */
function Branch({ value, name }: { readonly value: unknown; readonly name?: string }) {
	if (typeof value !== 'object' || value === null)
		return (
			<div class="leaf">
				{name !== undefined && <b>{name}</b>}
				<span class={typeof value === 'string' ? '' : 'number'}>
					{typeof value === 'string' ? value : String(value)}
				</span>
			</div>
		)
	const entries = Object.entries(value)
	return (
		<details class="tree" open>
			<summary>
				<b>{name ?? (Array.isArray(value) ? '[ ]' : '{ }')}</b>
				<span class="muted">{entries.length}</span>
			</summary>
			<div>
				{entries.map(([key, inner]) => (
					<Branch key={key} name={key} value={inner} />
				))}
			</div>
		</details>
	)
}
