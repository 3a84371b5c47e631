import { engineContract } from '../engine.contract.ts'
import { openEcho } from './echo.ts'

engineContract('echo', async () => openEcho({ contextTokens: 1000 }), {
	model: 'echo',
	prompt: 'One two three four five six seven eight nine ten eleven twelve.',
})
