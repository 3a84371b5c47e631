// A key that was made: the one time that it is shown. It is in no storage, and not in the address.

import { Download } from 'lucide'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { KeySummary } from '../api/keys.ts'
import { text } from '../languages/all-sentences.ts'
import { formatDate } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Icon } from '../parts/icon.tsx'
import { fileNameOf, saveFile } from '../parts/save-file.ts'
import { root } from '../state/route.ts'
import { writeClientLine } from './client-line.ts'

export interface MadeKeyProps {
	/** With the whole key. */
	readonly made: KeySummary
	readonly onClose: () => void
}

export function MadeKey({ made, onClose }: MadeKeyProps) {
	const words = text.value
	const title = useId()
	const heading = useRef<HTMLHeadingElement>(null)
	useEffect(() => heading.current?.focus(), [])
	const line = writeClientLine(root.href, made.token)
	const { expires } = made
	return (
		<section class="made-key" aria-labelledby={title}>
			<h3 id={title} ref={heading} tabIndex={-1}>
				{made.name}
			</h3>
			<p>
				<strong>{words.keyShownOnce}</strong>{' '}
				{expires === null ? words.keyEndsWithSession : words.keyExpiresOn(formatDate(expires * 1000))}
			</p>
			<div class="key-value">
				<code>{made.token}</code>
				<CopyButton label={words.copyKey} content={() => made.token} />
			</div>
			<p class="muted">{words.clientLine}</p>
			<div class="key-value">
				<code>{line}</code>
				<CopyButton label={words.copyLine} content={() => line} />
			</div>
			<div class="actions">
				<button
					type="button"
					class="button"
					onClick={() =>
						saveFile(`${fileNameOf(made.name, made.id)}.txt`, new Blob([`${made.token}\n`], { type: 'text/plain' }))
					}
				>
					<Icon node={Download} />
					{words.downloadKey}
				</button>
				<button type="button" class="button primary" onClick={onClose}>
					{words.done}
				</button>
			</div>
		</section>
	)
}
