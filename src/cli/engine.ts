import { Command } from 'commander'
export const engineCommand = () => new Command('engine')
