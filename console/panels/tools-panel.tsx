// The tools of a person, which of them the conversation uses, and the form to describe one.

import { Pencil, Plus, Trash2 } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { deleteTool, type FunctionTool, isToolName, savedTools, saveTool } from '../state/function-tools.ts'
import type { ConversationOptions } from '../state/request-options.ts'
import { emptySchema } from '../state/schema-rows.ts'
import { exportTools } from '../transfer/export-tools.ts'
import { SchemaForm } from './schema-form.tsx'

const newTool: FunctionTool = { name: '', description: '', parameters: emptySchema }

export function ToolsPanel({ options }: { readonly options: ConversationOptions }) {
	const words = text.value
	const [edited, setEdited] = useState<FunctionTool>()
	const adds = useRef<HTMLButtonElement>(null)
	const wasEdited = useRef(false)
	useEffect(() => {
		// The form had the focus and was removed.
		if (wasEdited.current && edited === undefined) adds.current?.focus()
		wasEdited.current = edited !== undefined
	}, [edited])
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
				{edited === undefined ? (
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
									<IconButton small node={Pencil} label={words.editTool(tool.name)} onClick={() => setEdited(tool)} />
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
							<button ref={adds} type="button" class="button" onClick={() => setEdited(newTool)}>
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
						tool={edited}
						onCancel={() => setEdited(undefined)}
						onSave={(tool) => {
							const isNew = edited.name === ''
							saveTool(tool, edited.name)
							use(tool.name, isNew || used.includes(edited.name), edited.name)
							setEdited(undefined)
						}}
					/>
				)}
			</div>
		</SidePanel>
	)
}

interface ToolFormProps {
	readonly tool: FunctionTool
	readonly onSave: (tool: FunctionTool) => void
	readonly onCancel: () => void
}

function ToolForm({ tool, onSave, onCancel }: ToolFormProps) {
	const words = text.value
	const [draft, setDraft] = useState(tool)
	const [checked, setChecked] = useState(false)
	const isValid = isToolName(draft.name)
	return (
		<form
			class="panel-form"
			onSubmit={(event) => {
				event.preventDefault()
				setChecked(true)
				if (isValid) onSave(draft)
			}}
		>
			<label class="field">
				<span class="label">{words.fieldName}</span>
				<input
					class="input"
					autofocus
					autocomplete="off"
					value={draft.name}
					aria-invalid={checked && !isValid}
					onBlur={() => setChecked(draft.name !== '')}
					onInput={({ currentTarget: { value } }) => setDraft({ ...draft, name: value })}
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
					value={draft.description}
					onInput={({ currentTarget: { value } }) => setDraft({ ...draft, description: value })}
				/>
			</label>
			<div class="field">
				<span class="label">{words.toolParameters}</span>
				<SchemaForm
					schema={draft.parameters}
					onChange={(parameters) => setDraft((current) => ({ ...current, parameters }))}
				/>
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
