import { afterAll } from 'bun:test'
import { systemClock } from '../../system/clock.ts'
import { Secret } from '../../system/secret.ts'
import { engineContract } from '../engine.contract.ts'
import { openGemini } from './gemini.ts'
import { listenScriptedGemini } from './scripted-gemini.testing.ts'

const contextTokens = 1000
const server = listenScriptedGemini('AIza-contract', contextTokens)
afterAll(() => server.close())

engineContract(
	'gemini',
	async () => openGemini({ url: server.url, key: new Secret('AIza-contract'), service: 'gemini', clock: systemClock }),
	{
		model: 'gemini-2.5-flash',
		prompt: 'One two three four five six seven eight nine ten eleven twelve.',
		contextTokens,
		except: { 'reports the stop sequence that ended the answer, and none otherwise': 'the API does not report it' },
	},
)
