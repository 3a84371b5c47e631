import { contentFatesContract, ownValues } from '../../chat/content-fates.contract.ts'
import { formOf } from './form.ts'
import { geminiWire } from './formats.ts'
import { generationContentFates } from './generation-content-fates.ts'
import { writeGenerationRequest } from './generation-request-writer.ts'

contentFatesContract('Gemini requests', generationContentFates, ownValues(geminiWire), (request, drop) =>
	writeGenerationRequest(request, formOf('gemini-3-pro', 'gemini'), drop),
)
