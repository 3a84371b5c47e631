import { Command } from 'commander'
export const modelsCommand = () => new Command('models')
