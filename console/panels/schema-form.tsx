// The properties of a JSON schema as rows, and beside them the schema itself.

import { Plus, X } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { isRecord, readRows, rowTypes, type SchemaRow, writeRows } from '../state/schema-rows.ts'

export interface SchemaFormProps {
	readonly schema: unknown
	readonly onChange: (schema: unknown) => void
}

export function SchemaForm({ schema, onChange }: SchemaFormProps) {
	const words = text.value
	// Rows without a name are not in the schema yet.
	const [rows, setRows] = useState(() => readRows(schema))
	const [asJson, setAsJson] = useState(rows === undefined)
	const changeRows = (next: readonly SchemaRow[]) => {
		setRows(next)
		onChange(writeRows(next))
	}
	return (
		<div class={`schema-form ${asJson ? 'facing' : ''}`}>
			<div>
				{rows === undefined ? (
					<p class="muted">{words.schemaNeedsJson}</p>
				) : (
					<>
						{rows.map((row, index) => (
							<RowFields
								key={index}
								row={row}
								onChange={(changed) => changeRows(rows.map((other, at) => (at === index ? changed : other)))}
								onRemove={() => changeRows(rows.filter((_, at) => at !== index))}
							/>
						))}
						<button
							type="button"
							class="button small"
							onClick={() => changeRows([...rows, { name: '', type: 'string', required: true, description: '' }])}
						>
							<Icon node={Plus} />
							{words.addRow}
						</button>
					</>
				)}
				<label class="check">
					<input type="checkbox" checked={asJson} onChange={() => setAsJson(!asJson)} />
					{words.editAsJson}
				</label>
			</div>
			{asJson && (
				<JsonField
					schema={schema}
					onChange={(changed) => {
						setRows(readRows(changed))
						onChange(changed)
					}}
				/>
			)}
		</div>
	)
}

interface RowFieldsProps {
	readonly row: SchemaRow
	readonly onChange: (row: SchemaRow) => void
	readonly onRemove: () => void
}

function RowFields({ row, onChange, onRemove }: RowFieldsProps) {
	const words = text.value
	return (
		<fieldset class="schema-row">
			<input
				class="input"
				aria-label={words.fieldName}
				placeholder={words.fieldName}
				value={row.name}
				onInput={({ currentTarget: { value } }) => onChange({ ...row, name: value.trim() })}
			/>
			<select
				class="input"
				aria-label={words.type}
				value={row.type}
				onChange={({ currentTarget: { value } }) =>
					onChange({ ...row, type: rowTypes.find((type) => type === value) ?? 'string' })
				}
			>
				{rowTypes.map((type) => (
					<option key={type} value={type}>
						{words.rowTypes[type]}
					</option>
				))}
			</select>
			<IconButton small node={X} label={words.removeRow(row.name)} onClick={onRemove} />
			<input
				class="input"
				aria-label={words.description}
				placeholder={words.description}
				value={row.description}
				onInput={({ currentTarget: { value } }) => onChange({ ...row, description: value })}
			/>
			<label class="check">
				<input type="checkbox" checked={row.required} onChange={() => onChange({ ...row, required: !row.required })} />
				{words.required}
			</label>
		</fieldset>
	)
}

/** Text that is no schema yet remains in the field, with the reason. */
function JsonField({ schema, onChange }: SchemaFormProps) {
	const words = text.value
	const written = JSON.stringify(schema, null, 2)
	const [draft, setDraft] = useState<string>()
	const problem = draft === undefined ? undefined : problemOf(draft)
	return (
		<label class="field">
			<textarea
				class="input json"
				aria-label={words.editAsJson}
				aria-invalid={problem !== undefined}
				rows={12}
				spellcheck={false}
				value={draft ?? written}
				onInput={({ currentTarget: { value } }) => {
					setDraft(value)
					if (problemOf(value) === undefined) onChange(JSON.parse(value))
				}}
				onBlur={() => problem === undefined && setDraft(undefined)}
			/>
			{problem !== undefined && (
				<span class="help error" role="alert">
					{problem}
				</span>
			)}
		</label>
	)
}

function problemOf(draft: string): string | undefined {
	try {
		const schema: unknown = JSON.parse(draft)
		return isRecord(schema) && schema.type === 'object' ? undefined : text.value.notAnObject
	} catch (failure) {
		return text.value.invalidJson(failure instanceof Error ? failure.message : String(failure))
	}
}
