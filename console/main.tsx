// The entry of the page.

import { render } from 'preact'
import { App } from './app.tsx'
import { watchConnection } from './state/connection.ts'
import { followAttention } from './state/ready-answers.ts'
import { followAddress, root } from './state/route.ts'
import { openSession } from './state/session.ts'
import { applyTheme } from './state/settings.ts'
import './styles/index.css'

applyTheme()
openSession()
followAddress()
watchConnection()
followAttention()
// A relative address would be resolved anew at each address of the page.
const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
if (icon !== null) icon.href = new URL('page/logo.svg', root).href
const container = document.getElementById('app')
if (container !== null) render(<App />, container)
