// Imports a file of another system: choose it, see how far it is, cancel, and read what came and what did not.

import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { loadConversations } from '../state/conversation-list.ts'
import type { LeftOut } from './foreign-conversation.ts'
import { ImportFailure, type ImportFailureReason } from './import-failure.ts'
import { readEntries } from './read-import.ts'
import { type ImportReport, runImport } from './run-import.ts'

type ImportState =
	| { readonly type: 'choosing'; readonly failure?: string }
	| { readonly type: 'reading' }
	| { readonly type: 'running'; readonly report: ImportReport | undefined; readonly total: number }
	| { readonly type: 'ended'; readonly report: ImportReport; readonly cancelled: boolean }

/** Failures that are shown one by one. */
const shownFailures = 5

export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
	const [state, setState] = useState<ImportState>({ type: 'choosing' })
	const ending = useRef(new AbortController())
	const words = text.value
	useEffect(() => () => ending.current.abort(), [])
	const start = async (file: File) => {
		setState({ type: 'reading' })
		const { signal } = ending.current
		try {
			const entries = await readEntries(file)
			if (signal.aborted) return
			setState({ type: 'running', report: undefined, total: entries.length })
			const onProgress = (report: ImportReport) => setState({ type: 'running', report, total: entries.length })
			const report = await runImport(entries, { signal, onProgress })
			setState({ type: 'ended', report, cancelled: signal.aborted })
		} catch (failure) {
			setState({ type: 'choosing', failure: sentenceOf(failure) })
		}
		await loadConversations().catch(() => undefined)
	}
	return (
		<Dialog title={words.importTitle} onClose={onClose}>
			{state.type === 'choosing' && (
				<>
					<p>{words.importHelp}</p>
					<label class="field import-file">
						<span class="label">{words.importFile}</span>
						<input
							type="file"
							accept=".json,.zip,application/json,application/zip"
							onChange={({ currentTarget: { files } }) => {
								const file = files?.[0]
								if (file !== undefined) void start(file)
							}}
						/>
					</label>
					{state.failure !== undefined && <Notice kind="failure">{state.failure}</Notice>}
				</>
			)}
			{state.type === 'reading' && <p role="status">{words.importReading}</p>}
			{state.type === 'running' && <Progress report={state.report} total={state.total} />}
			{state.type === 'ended' && <Report report={state.report} cancelled={state.cancelled} />}
			<div class="actions">
				{state.type === 'ended' ? (
					<button type="button" class="button primary" onClick={onClose}>
						{words.done}
					</button>
				) : (
					<button
						type="button"
						class="button"
						onClick={() => (state.type === 'running' ? ending.current.abort() : onClose())}
					>
						{words.cancel}
					</button>
				)}
			</div>
		</Dialog>
	)
}

const countOf = ({ imported, known, failed, leftOut }: ImportReport): number =>
	imported + known + failed.length + (leftOut.empty ?? 0) + (leftOut.unreadable ?? 0)

function Progress({ report, total }: { readonly report: ImportReport | undefined; readonly total: number }) {
	const done = report === undefined ? 0 : countOf(report)
	const label = text.value.importProgress(done, total)
	return (
		<>
			<progress class="transfer-progress" value={done} max={total} aria-label={label} />
			<p>{label}</p>
		</>
	)
}

function Report({ report, cancelled }: { readonly report: ImportReport; readonly cancelled: boolean }) {
	const { imported, known, leftOut, failed } = report
	const words = text.value
	const sentences: Readonly<Record<LeftOut, (count: number) => string>> = {
		pictures: words.leftOutPictures,
		tools: words.leftOutTools,
		thoughts: words.leftOutThoughts,
		system: words.leftOutSystem,
		empty: words.leftOutEmpty,
		unreadable: words.leftOutUnreadable,
	}
	const left = (Object.keys(sentences) as LeftOut[]).filter((what) => (leftOut[what] ?? 0) > 0)
	return (
		<div class="import-report" role="status">
			<p>
				<strong>{(cancelled ? words.importCancelled : words.importDone)(imported)}</strong>
			</p>
			{known > 0 && <p>{words.importKnown(known)}</p>}
			{left.length > 0 && (
				<>
					<p>{words.importLeftOut}</p>
					<ul>
						{left.map((what) => (
							<li key={what}>{sentences[what](leftOut[what] ?? 0)}</li>
						))}
					</ul>
				</>
			)}
			{failed.slice(0, shownFailures).map(({ title, failure }, index) => (
				<Notice key={index} kind="failure">
					{words.importFailed(title === '' ? words.untitled : title, explain(failure))}
				</Notice>
			))}
			{failed.length > shownFailures && <p>{words.moreFailed(failed.length - shownFailures)}</p>}
		</div>
	)
}

function sentenceOf(failure: unknown): string {
	const words = text.value
	if (!(failure instanceof ImportFailure)) return explain(failure)
	const sentences: Readonly<Record<ImportFailureReason, string>> = {
		'too-large': words.fileTooLarge,
		'not-json': words.fileNotJson,
		'no-conversations': words.fileWithoutConversations,
		'damaged-zip': words.fileDamagedZip,
		'unknown-format': words.fileUnknown,
	}
	return sentences[failure.reason]
}
