// The entry of the page.

import { render } from 'preact'
import { App } from './app.tsx'
import { followLanguage } from './languages/languages.ts'
import { waitForConnection, watchConnection } from './state/connection.ts'
import { firstViewShown } from './state/first-view.ts'
import { keepForOffline } from './state/page-version.ts'
import { followAttention } from './state/ready-answers.ts'
import { followAddress, root } from './state/route.ts'
import { openSession } from './state/session.ts'
import { applyTheme } from './state/settings.ts'

applyTheme()
openSession()
followAddress()
watchConnection()
followAttention()
// A relative address would be resolved anew at each address of the page.
for (const link of document.querySelectorAll<HTMLLinkElement>(
	'link[rel=icon], link[rel=apple-touch-icon], link[rel=manifest]',
))
	link.href = new URL(link.href.slice(link.href.lastIndexOf('page/')), root).href
const container = document.getElementById('app')
if (container !== null) void followLanguage().then(() => render(<App />, container))
// Nothing on screen depends on them.
const afterFirstView = async () => {
	await firstViewShown()
	void keepForOffline()
	const { signal } = new AbortController()
	for (let attempt = 0; ; attempt++)
		try {
			const { followOtherWindows } = await import('./other-windows.ts')
			return followOtherWindows()
		} catch {
			await waitForConnection(attempt, signal)
		}
}
void afterFirstView()
