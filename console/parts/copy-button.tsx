// Copies a text and shows for two seconds that it did.

import { Check, Copy } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { IconButton } from './icon-button.tsx'

export interface CopyButtonProps {
	readonly label?: string | undefined
	readonly shortcut?: string | undefined
	/** Whether the label is shown, instead of an icon. */
	readonly isLabelled?: boolean
	readonly content: () => string
}

export function CopyButton({ label, shortcut, isLabelled = false, content }: CopyButtonProps) {
	const [copied, setCopied] = useState(false)
	const copy = async () => {
		await copyText(content())
		setCopied(true)
		setTimeout(() => setCopied(false), 2000)
	}
	const name = copied ? text.value.copied : (label ?? text.value.copy)
	if (isLabelled)
		return (
			<button type="button" class="button small" onClick={() => void copy()}>
				{name}
			</button>
		)
	return <IconButton small shortcut={shortcut} node={copied ? Check : Copy} label={name} onClick={() => void copy()} />
}

/** Also on pages without a secure context, whose browsers offer no clipboard. */
async function copyText(content: string): Promise<void> {
	if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(content)
	const area = document.createElement('textarea')
	area.value = content
	document.body.append(area)
	area.select()
	document.execCommand('copy')
	area.remove()
}
