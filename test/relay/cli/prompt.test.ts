// The library's own prompts, on streams that a test types into.
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { CommandFailure } from '../../../relay/cli/output.ts'
import { terminalAsker, type Asker } from '../../../relay/cli/prompt.ts'

const enter = '\r'
const down = '\u001B[B'
const ctrlC = '\u0003'

/** Types each key when the screen shows something new, as a person would. */
async function typing<T>(
  keys: readonly string[],
  ask: (asker: Asker) => Promise<T>,
): Promise<{ answer: T; screen: string }> {
  const input = new PassThrough()
  const output = new PassThrough()
  let screen = ''
  const waiting = [...keys]
  output.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    const key = waiting.shift()
    if (key !== undefined) setImmediate(() => input.write(key))
  })
  return { answer: await ask(terminalAsker({ input, output })), screen }
}

test('a text offers what is there, and takes what is typed behind it', async () => {
  const kept = await typing([enter], async (asker) => asker.text('Server', 'ex01'))
  expect(kept.answer).toBe('ex01')
  expect(kept.screen).toContain('Server')
  expect((await typing(['.de', enter], async (asker) => asker.text('Server', 'ex01'))).answer).toBe('ex01.de')
})

test('an answer that the check refuses is asked again, with the reason on the screen', async () => {
  const check = (answer: string) => (answer === '' ? 'it cannot be empty' : undefined)
  const { answer, screen } = await typing([enter, 'x', enter], async (asker) => asker.text('Server', '', check))
  expect(answer).toBe('x')
  expect(screen).toContain('it cannot be empty')
})

test('a secret is never on the screen', async () => {
  const { answer, screen } = await typing(['s', '3', 'cret', enter], async (asker) => asker.secret('Password'))
  expect(answer).toBe('s3cret')
  expect(screen).not.toMatch(/cret/)
})

test('a choice and a yes or no', async () => {
  const choices = [
    { value: 'service', label: 'the service' },
    { value: 'account', label: 'an account' },
  ] as const
  expect((await typing([down, enter], async (asker) => asker.choose('As', choices, 'service'))).answer).toBe('account')
  expect((await typing([enter], async (asker) => asker.choose('As', choices, 'account'))).answer).toBe('account')
  expect((await typing([enter], async (asker) => asker.confirm('Sure?', false))).answer).toBe(false)
  expect((await typing(['y'], async (asker) => asker.confirm('Sure?', false))).answer).toBe(true)
})

test('Ctrl+C is a failure that says that nothing was written', async () => {
  await expect(typing([ctrlC], async (asker) => asker.text('Server', ''))).rejects.toThrow(CommandFailure)
})
