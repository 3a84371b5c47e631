// Process entry.

import { run } from './cli/program.ts'
import { processEnvironment } from './config/environment.ts'
import { privateUmask } from './system/private-files.ts'

process.umask(privateUmask)
await run(process.argv.slice(2), processEnvironment())
