// For weights.test.ts: a second process that pulls into the same folder and prints the result. Not for production code.

import { openWeights } from './weights.testing.ts'

const [folder = '', setting = '{}'] = process.argv.slice(2)
const { registries, catalogue } = JSON.parse(setting)
const { weights } = await openWeights(registries, catalogue, folder)
process.stdout.write(JSON.stringify(await weights.pull('small', { signal: new AbortController().signal })))
