// Process entry.

import { run } from './cli/program.ts'
import { processEnvironment } from './config/environment.ts'

await run(process.argv.slice(2), processEnvironment())
