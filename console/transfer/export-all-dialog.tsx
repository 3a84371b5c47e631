// Saves all conversations as one archive, and shows how far it is.

import { useEffect, useState } from 'preact/hooks'
import { isAbort } from '../api/server.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { saveFile } from '../parts/save-file.ts'
import { exportAll } from './export-all.ts'

export function ExportAllDialog({ onClose }: { readonly onClose: () => void }) {
	const [count, setCount] = useState(0)
	const [failure, setFailure] = useState<string>()
	const words = text.value
	useEffect(() => {
		const ending = new AbortController()
		exportAll(ending.signal, setCount).then(
			(archive) => {
				if (ending.signal.aborted) return
				saveFile(`dragoman-${new Date().toISOString().slice(0, 10)}.zip`, archive)
				onClose()
			},
			(reason: unknown) => {
				if (!isAbort(reason)) setFailure(explain(reason))
			},
		)
		return () => ending.abort()
	}, [onClose])
	return (
		<Dialog title={words.exportAll} onClose={onClose}>
			{failure === undefined ? (
				<p role="status">{words.exportProgress(count)}</p>
			) : (
				<Notice kind="failure">{failure}</Notice>
			)}
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
			</div>
		</Dialog>
	)
}
