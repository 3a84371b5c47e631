// The embedded engine fulfils the contract of every engine, on the toy model.

import { engineContract } from '../../engines/engine.contract.ts'
import { isLibraryHere, openToy } from './library.testing.ts'

if (isLibraryHere)
	engineContract('llama, in this process', openToy, {
		model: 'tiny-chat',
		prompt: 'Give me a JSON object for Sara, age 29.',
	})
