// The flags with which every process of this program starts Bun. By default Bun reads variables from `.env` and settings, including
// `preload`, from `bunfig.toml` of the working directory, and downloads missing packages.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))

/** These must precede the script. */
export const bunFlags = ['--no-env-file', `--config=${join(folder, 'bunfig.toml')}`, '--no-install']
