import { contentFatesContract, type OwnValues } from '../../chat/content-fates.contract.ts'
import { callContentFates } from './call-content-fates.ts'
import { writeCall } from './call-writer.ts'
import { aiSdkWire } from './signature.ts'

const values = { provider: { signature: 'c2lnbmVk' } }
const own: OwnValues = { wire: aiSdkWire, fields: { metadata: { values } }, signature: JSON.stringify(values) }

contentFatesContract('calls of the AI SDK', callContentFates, own, (request, drop) =>
	writeCall(request, { version: 'v4', supportedUrls: {}, providerOptions: {}, passthrough: undefined }, drop),
)
