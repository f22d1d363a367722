/** The relay as a scheduled task: started with the computer, looked after every minute, without a third program. */
import path from 'node:path'
import * as z from 'zod'
import { commandLine } from '../windows/commandLine.ts'
import type { WindowsScript } from '../windows/windowsScript.ts'
import { description, runArguments, type InstallPlan, type InstallStep } from './installSteps.ts'
import { CommandFailure } from './output.ts'

const taskState = z.object({
  found: z.boolean(),
  state: z.string().optional(),
  account: z.string().optional(),
  lastRun: z.string().nullish(),
  lastResult: z.number().optional(),
})
export type TaskState = z.infer<typeof taskState>

export function taskSteps(plan: InstallPlan, windows: WindowsScript): InstallStep[] {
  const { name, node, program, account, password, starts } = plan
  const line = commandLine([node, ...runArguments(plan)])
  return [
    {
      what: `Register the task ${name}: at the start of the computer as ${account.name}, looked after every minute: ${line}`,
      run: async () => {
        const input = {
          name,
          description,
          executable: node,
          arguments: commandLine(runArguments(plan)),
          folder: path.dirname(program),
          account: account.name,
          logon: account.logon,
          start: starts,
          ...(password !== undefined && { secret: password }),
        }
        const state = taskState.parse(await windows('installTask', input))
        if (starts && state.state !== 'Running') throw new CommandFailure(notRunning(name, state))
      },
    },
  ]
}

export async function readTaskState(name: string, windows: WindowsScript): Promise<TaskState> {
  return taskState.parse(await windows('taskState', { name }))
}

/*
 * result of the last run   | what it means
 * 0x80070569               | ERROR_LOGON_TYPE_NOT_GRANTED
 * 0x8007052E               | ERROR_LOGON_FAILURE
 * 0x80070002, 0x80070003   | file or path not found
 * 0x1                      | the relay itself gave up: its log says why
 */
const resultRemedies: Readonly<Record<number, string>> = {
  0x8007_0569: 'give the account the right "Log on as a batch job" (secpol.msc, or a group policy)',
  0x8007_052e: 'the password is wrong; for a gMSA, this computer must be allowed to use it (Test-ADServiceAccount)',
  0x8007_0002: 'node or the program is not where it was: install again',
  0x8007_0003: 'node or the program is not where it was: install again',
  0x1: 'the relay gave up: run easgate-relay check as the same account, and look into the log',
}

/** For people: why a task does not run. */
export function notRunning(name: string, { state = 'unknown', lastResult = 0 }: TaskState): string {
  const remedy = resultRemedies[lastResult] ?? 'look at the history of the task in Task Scheduler (taskschd.msc)'
  return `the task ${name} is registered but does not run (${state}, last result 0x${lastResult.toString(16).toUpperCase()}): ${remedy}`
}
