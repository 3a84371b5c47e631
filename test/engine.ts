// Configurations of servers with the embedded engine, for tests: the library and weights that the test suite has set up.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './server.ts'

/** Folder with the engine library; tests of the engine are skipped where it is missing. */
export const engineFolder = process.env.DRAGOMAN_TEST_ENGINE ?? join(root, '.cache', 'engine')
/** Folder with the default model's weights. */
export const modelFolder = process.env.DRAGOMAN_TEST_MODELS ?? join(root, '.cache', 'models')

export const isEngineHere = existsSync(join(engineFolder, 'installed.json'))

/** YAML of a server with the toy model alone. */
export const toyConfig = `
engineFolder: ${engineFolder}
models: { tiny-chat: { route: [toy] } }
upstreams: { toy: { engine: llama, model: tiny-chat } }
`
