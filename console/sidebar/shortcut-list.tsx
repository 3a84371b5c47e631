// The list of keys. The settings decide which of them act.

import { text } from '../languages/all-sentences.ts'
import { Dialog } from '../parts/dialog.tsx'
import { keyName } from '../parts/key-name.ts'
import { addressOf } from '../state/route.ts'
import { settings } from '../state/settings.ts'

export function ShortcutList({ onClose }: { readonly onClose: () => void }) {
	const words = text.value
	const { sendsWithControl } = settings.value
	const keys: readonly (readonly [string, string])[] = [
		sendsWithControl ? ['Ctrl Enter', words.keyControlEnter] : ['Enter / Shift Enter', words.keyEnter],
		['Esc', words.keyEscape],
		['↑', words.keyUp],
		['Alt ← / Alt →', words.keySibling],
		['J / K', words.keyTurn],
		['C', words.keyCopy],
		['R / Shift R', words.keyRegenerate],
		['E', words.keyEdit],
		['T', words.keyThinking],
		['.', words.keyContinue],
		['/', words.keyComposer],
		['Ctrl K', words.keySearch],
		['Alt N', words.newChat],
		['Ctrl ,', words.keyModel],
		['Ctrl Shift B', words.keyTree],
		['Ctrl Shift S', words.keySidebar],
		['Ctrl S', words.keySave],
		['G O, G U, G L, G K', words.keyConsole],
		['Ctrl Shift K', words.sameRequestAsCode],
		['Ctrl .', words.parameters],
		['Ctrl Shift M', words.compareModels],
		['1 – 4 / 0', words.keyVote],
		['?', words.keyShortcuts],
	]
	return (
		<Dialog title={words.shortcuts} onClose={onClose}>
			<dl class="shortcuts">
				{keys.map(([key, act]) => (
					<div key={key}>
						<dt>
							<kbd>{keyName(key)}</kbd>
						</dt>
						<dd>{act}</dd>
					</div>
				))}
			</dl>
			<p class="muted">
				{words.shortcutsInText}{' '}
				<a href={addressOf({ name: 'settings', section: 'chat' })} onClick={onClose}>
					{words.changeInSettings}
				</a>
			</p>
			<div class="actions">
				<button type="button" class="button primary" onClick={onClose}>
					{words.close}
				</button>
			</div>
		</Dialog>
	)
}
