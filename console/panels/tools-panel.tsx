// The tools of a person, which of them the conversation uses, and the form to describe one.

import { Pencil, Plus, Trash2 } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import {
	deleteTool,
	editTool,
	type FunctionTool,
	isToolName,
	savedTools,
	saveTool,
	toolDraft,
} from '../state/function-tools.ts'
import type { ConversationOptions } from '../state/request-options.ts'
import { emptySchema } from '../state/schema-rows.ts'
import { exportTools } from '../transfer/export-tools.ts'
import { SchemaForm } from './schema-form.tsx'

const newTool: FunctionTool = { name: '', description: '', parameters: emptySchema }

export function ToolsPanel({ options }: { readonly options: ConversationOptions }) {
	const words = text.value
	const draft = toolDraft.value
	const adds = useRef<HTMLButtonElement>(null)
	const wasEdited = useRef(false)
	useEffect(() => {
		// The form had the focus and was removed.
		if (wasEdited.current && draft === undefined) adds.current?.focus()
		wasEdited.current = draft !== undefined
	}, [draft])
	const used = options.value.value.tools
	const saved = savedTools.value
	const use = (name: string, isUsed: boolean, former = name) => {
		const others = used.filter((other) => other !== name && other !== former)
		options.change({ tools: isUsed ? [...others, name] : others })
	}
	return (
		<SidePanel title={words.tools}>
			<div class="panel-form">
				<p class="muted">{words.toolsHelp}</p>
				{draft === undefined ? (
					<>
						<ul class="tool-list">
							{saved.map((tool) => (
								<li key={tool.name}>
									<label class="check">
										<input
											type="checkbox"
											aria-label={words.useTool(tool.name)}
											checked={used.includes(tool.name)}
											onChange={({ currentTarget }) => use(tool.name, currentTarget.checked)}
										/>
										<span>
											<b>{tool.name}</b>
											<span class="muted">{tool.description}</span>
										</span>
									</label>
									<IconButton small node={Pencil} label={words.editTool(tool.name)} onClick={() => editTool(tool)} />
									<IconButton
										small
										node={Trash2}
										label={words.deleteTool(tool.name)}
										onClick={() => {
											use(tool.name, false)
											deleteTool(tool.name)
										}}
									/>
								</li>
							))}
						</ul>
						<div class="actions">
							<button ref={adds} type="button" class="button" onClick={() => editTool(newTool)}>
								<Icon node={Plus} />
								{words.newTool}
							</button>
							{saved.length > 0 && (
								<button type="button" class="button ghost" onClick={() => exportTools(saved)}>
									{words.exportTools}
								</button>
							)}
						</div>
					</>
				) : (
					<ToolForm
						tool={draft.tool}
						onChange={(tool) => {
							toolDraft.value = { ...draft, tool }
						}}
						onCancel={() => {
							toolDraft.value = undefined
						}}
						onSave={() => {
							const { tool, former } = draft
							saveTool(tool, former)
							use(tool.name, former === '' || used.includes(former), former)
							toolDraft.value = undefined
						}}
					/>
				)}
			</div>
		</SidePanel>
	)
}

interface ToolFormProps {
	readonly tool: FunctionTool
	readonly onChange: (tool: FunctionTool) => void
	readonly onSave: () => void
	readonly onCancel: () => void
}

function ToolForm({ tool, onChange, onSave, onCancel }: ToolFormProps) {
	const words = text.value
	const [checked, setChecked] = useState(false)
	const isValid = isToolName(tool.name)
	return (
		<form
			class="panel-form"
			onSubmit={(event) => {
				event.preventDefault()
				setChecked(true)
				if (isValid) onSave()
			}}
		>
			<label class="field">
				<span class="label">{words.fieldName}</span>
				<input
					class="input"
					autofocus
					autocomplete="off"
					value={tool.name}
					aria-invalid={checked && !isValid}
					onBlur={() => setChecked(tool.name !== '')}
					onInput={({ currentTarget: { value } }) => onChange({ ...tool, name: value })}
				/>
				<span class={`help ${checked && !isValid ? 'error' : ''}`} role={checked && !isValid ? 'alert' : undefined}>
					{words.toolNameHelp}
				</span>
			</label>
			<label class="field">
				<span class="label">{words.description}</span>
				<textarea
					class="input"
					rows={3}
					value={tool.description}
					onInput={({ currentTarget: { value } }) => onChange({ ...tool, description: value })}
				/>
			</label>
			<div class="field">
				<span class="label">{words.toolParameters}</span>
				<SchemaForm schema={tool.parameters} onChange={(parameters) => onChange({ ...tool, parameters })} />
			</div>
			<div class="actions">
				<button type="submit" class="button primary">
					{words.save}
				</button>
				<button type="button" class="button" onClick={onCancel}>
					{words.cancel}
				</button>
			</div>
		</form>
	)
}
