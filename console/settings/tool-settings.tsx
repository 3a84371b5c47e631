// The saved tools as a file: export and import.

import { useRef, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { Notice } from '../parts/notice.tsx'
import { savedTools, saveTools } from '../state/function-tools.ts'
import { exportTools } from '../transfer/export-tools.ts'
import { readToolFile } from '../transfer/read-tools.ts'
import { SettingsSection } from './settings-section.tsx'

type ImportResult =
	| { readonly type: 'unreadable' | 'full' }
	| { readonly type: 'imported'; readonly count: number; readonly replaced: number; readonly leftOut: number }

export function ToolSettings() {
	const words = text.value
	const saved = savedTools.value
	const input = useRef<HTMLInputElement>(null)
	const [result, setResult] = useState<ImportResult>()
	const importFile = async (file: File) => setResult(await importTools(file))
	return (
		<SettingsSection name="tools" title={words.savedTools} help={words.savedToolsHelp}>
			<p>{saved.length === 0 ? words.noTools : words.toolsSaved(saved.length)}</p>
			{saved.length > 0 && (
				<ul class="tool-names">
					{saved.map(({ name }) => (
						<li key={name}>
							<code>{name}</code>
						</li>
					))}
				</ul>
			)}
			<div class="actions">
				{saved.length > 0 && (
					<button type="button" class="button" onClick={() => exportTools(saved)}>
						{words.exportTools}
					</button>
				)}
				<button type="button" class="button" onClick={() => input.current?.click()}>
					{words.importTools}
				</button>
				<input
					ref={input}
					type="file"
					hidden
					aria-label={words.importTools}
					accept=".json,application/json"
					onChange={({ currentTarget }) => {
						const file = currentTarget.files?.[0]
						// The same file can be chosen again.
						currentTarget.value = ''
						if (file !== undefined) void importFile(file)
					}}
				/>
			</div>
			{result !== undefined && <ImportNotice result={result} />}
		</SettingsSection>
	)
}

async function importTools(file: File): Promise<ImportResult> {
	const read = await readToolFile(file).catch(() => undefined)
	if (read === undefined) return { type: 'unreadable' }
	const names = new Set(savedTools.value.map(({ name }) => name))
	const replaced = read.tools.filter(({ name }) => names.has(name)).length
	if (!saveTools(read.tools)) return { type: 'full' }
	return { type: 'imported', count: read.tools.length, replaced, leftOut: read.leftOut }
}

function ImportNotice({ result }: { readonly result: ImportResult }) {
	const words = text.value
	switch (result.type) {
		case 'unreadable':
			return <Notice kind="failure">{words.toolFileUnreadable}</Notice>
		case 'full':
			return <Notice kind="failure">{words.toolsNotStored}</Notice>
		case 'imported':
			return (
				<Notice kind="plain">
					{words.toolsImported(result.count)}
					{result.replaced > 0 && ` ${words.toolsReplaced(result.replaced)}`}
					{result.leftOut > 0 && ` ${words.toolsLeftOut(result.leftOut)}`}
				</Notice>
			)
	}
	result satisfies never
}
