// The embedded engine fulfils the contract of every engine, on the toy model.

import { engineContract } from '../../engines/engine.contract.ts'
import { isLibraryHere, openToy } from './library.testing.ts'

const notInstructed = 'the toy model does not follow instructions; choice.test.ts covers it'

if (isLibraryHere)
	engineContract('llama, in this process', openToy, {
		model: 'tiny-chat',
		prompt: 'Give me a JSON object for Sara, age 29.',
		except: {
			'returns reasoning, text and several calls as parts of their own, in order': notInstructed,
			'ends with one error event if the model fails during the stream': notInstructed,
		},
	})
