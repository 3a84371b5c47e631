// The flags that every process of this program starts Bun with. Bun would otherwise take variables from `.env` and settings, `preload`
// among them, from `bunfig.toml` of whatever folder a command runs in, and download packages that it misses.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))

/** To be given before the script. */
export const bunFlags = ['--no-env-file', `--config=${join(folder, 'bunfig.toml')}`, '--no-install']
