// Process entry.

import { processEnvironment } from './config/environment.ts'
import { run } from './cli/program.ts'

await run(process.argv.slice(2), processEnvironment())
