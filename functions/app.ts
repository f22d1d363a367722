/**
 * Every trigger of the function app. HTTP has authLevel anonymous because Entra's sign-in, which the platform does in front of the
 * app, is what decides (api/caller.ts); a function key would say nothing about who calls.
 */
import { app } from '@azure/functions'
import { activationPage } from './api/activation/activationPage.ts'
import { simulatedSignIn } from './api/activation/simulatedSignIn.ts'
import { httpHandler } from './api/httpHandler.ts'
import { onHealth } from './api/onHealth.ts'
import { routes } from './api/routes.ts'
import { onAnchorAudit } from './handlers/onAnchorAudit.ts'
import { onFullSync } from './handlers/onFullSync.ts'
import { onPoison } from './handlers/onPoison.ts'
import { onPresence } from './handlers/onPresence.ts'
import { onQuickSync } from './handlers/onQuickSync.ts'
import { onRunStep } from './handlers/onRunStep.ts'
import { schedule } from './handlers/schedules.ts'

const connection = 'AzureWebJobsStorage'

// Start what is due of every connector
app.timer('fullSync', { schedule: schedule('FULL_SYNC_SCHEDULE', process.env), handler: onFullSync })
app.timer('quickSync', { schedule: schedule('QUICK_SYNC_SCHEDULE', process.env), handler: onQuickSync })

// Keep the audit's heads where nobody can change them
app.timer('anchorAudit', { schedule: '0 7 * * * *', handler: onAnchorAudit })

// Know whether a relay is there, however rare syncs are
app.timer('presence', { schedule: schedule('PRESENCE_SCHEDULE', process.env), handler: onPresence })

// Carry a run out, one step a message
app.storageQueue('runStep', { queueName: 'run-steps', connection, handler: onRunStep })
app.storageQueue('runStepPoison', { queueName: 'run-steps-poison', connection, handler: onPoison })

// Answer people and programs
for (const route of routes) {
  const { name, method, path } = route
  app.http(name, { methods: [method], route: path, authLevel: 'anonymous', handler: httpHandler(route) })
}
// Pages for people, behind the link in a mail
const pages = { methods: ['GET' as const, 'POST' as const], authLevel: 'anonymous' as const }
app.http('activate', { ...pages, route: 'activate', handler: activationPage() })
app.http('activateSignIn', { ...pages, route: 'activate/signIn', handler: simulatedSignIn() })
app.http('health', { methods: ['GET'], route: 'health', authLevel: 'anonymous', handler: onHealth })
