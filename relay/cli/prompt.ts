/** Questions to a person at a terminal. Answers go nowhere but to the command that asked. */
import type { Readable, Writable } from 'node:stream'
import { CommandFailure } from './output.ts'

/** What is wrong with an answer, or undefined. */
export type Check = (answer: string) => string | undefined

export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
}

/** Each throws a CommandFailure when the person stops (Ctrl+C, Esc). */
export interface Asker {
  /** An empty answer counts as '' unless `check` refuses it. `initial` can be edited. */
  text(message: string, initial: string, check?: Check): Promise<string>
  /** Not shown while it is typed. */
  secret(message: string): Promise<string>
  confirm(message: string, initial: boolean): Promise<boolean>
  choose<T extends string>(message: string, choices: readonly Choice<T>[], initial: T): Promise<T>
}

export interface Terminal {
  readonly input: Readable
  readonly output: Writable
}

/** The library is loaded by the first question only: `run` must not pay for it. */
export function terminalAsker(terminal: Terminal): Asker {
  const clack = async () => import('@clack/prompts')
  return {
    text: async (message, initial, check = () => undefined) => {
      const { text } = await clack()
      const validate = (answer: string | undefined) => check((answer ?? '').trim())
      return answered(await text({ message, initialValue: initial, validate, ...terminal })).trim()
    },
    secret: async (message) => {
      const { password } = await clack()
      const validate = (answer: string | undefined) => (answer ? undefined : 'it cannot be empty')
      return answered(await password({ message, validate, ...terminal }))
    },
    confirm: async (message, initial) => {
      const { confirm } = await clack()
      return answered(await confirm({ message, initialValue: initial, ...terminal }))
    },
    choose: async (message, choices, initial) => {
      const { select } = await clack()
      const options = choices.map(({ value, label }) => ({ value: value as string, label }))
      const chosen = answered(await select({ message, options, initialValue: initial, ...terminal }))
      return choices.find(({ value }) => value === chosen)?.value ?? initial
    },
  }
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new CommandFailure('stopped; nothing was written')
  return answer as Exclude<T, symbol>
}
