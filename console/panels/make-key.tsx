// Makes a key for the code on screen, and shows it this once. The code itself never contains a key.

import { useState } from 'preact/hooks'
import { createKey } from '../api/keys.ts'
import { text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Notice } from '../parts/notice.tsx'
import { explain } from '../sidebar/attempt.ts'

type MakingState =
	| { readonly type: 'none' | 'busy' }
	| { readonly type: 'made'; readonly key: string }
	| { readonly type: 'failed'; readonly failure: unknown }

export function MakeKey({ name }: { readonly name: string }) {
	const [state, setState] = useState<MakingState>({ type: 'none' })
	const words = text.value
	const make = () => {
		setState({ type: 'busy' })
		createKey(name).then(
			(key) => setState({ type: 'made', key }),
			(failure: unknown) => setState({ type: 'failed', failure }),
		)
	}
	if (state.type === 'made')
		return (
			<section class="made-key" role="status" aria-label={words.newKey}>
				<code>{state.key}</code>
				<CopyButton label={words.copyKey} content={() => state.key} />
				<p class="muted">{words.keyShownOnce}</p>
			</section>
		)
	return (
		<>
			<button type="button" class="button small" disabled={state.type === 'busy'} onClick={make}>
				{words.makeKey}
			</button>
			{state.type === 'failed' && <Notice kind="failure">{explain(state.failure)}</Notice>}
		</>
	)
}
