# The end of the sessions, at exit and before others are opened; and of each runspace, which was told to close and is let go at a later step.

$CloseTime = [TimeSpan]::FromSeconds(4)

# Exchange would count sessions that are left open for a quarter of an hour. One that does not close is left to it after $CloseTime.
function Close-AndWait {
    Close-EverySession
    $until = [DateTime]::UtcNow + $CloseTime
    while ($State.Closing.Count -gt 0 -and [DateTime]::UtcNow -lt $until) {
        Start-Sleep -Milliseconds $PollMilliseconds
        Clear-ClosedRunspace
    }
}

function Close-EverySession {
    foreach ($session in $State.Sessions) {
        if ($null -ne $session.Shell) { try { $null = $session.Shell.BeginStop($null, $null) } catch { $null = $_ } }
        Close-Session -Session $session
    }
    $State.Sessions = @()
    $State.Queue.Clear()
    $State.Jobs.Clear()
}

function Clear-ClosedRunspace {
    foreach ($runspace in $State.Closing.ToArray()) {
        $now = $runspace.RunspaceStateInfo.State
        # One that was given up while it opened can be closed only now.
        if ($now -eq 'Opened') { try { $runspace.CloseAsync() } catch { $null = $_ } }
        if ($now -eq 'Closed' -or $now -eq 'Broken' -or $now -eq 'BeforeOpen') {
            $null = $State.Closing.Remove($runspace)
            $runspace.Dispose()
        }
    }
}

# When the relay dies, standard input ends, and so does this process. The action runs in a module of its own and -MessageData does not
# come with this event (seen on 7.6), so the way back is put into that module.
$atExit = Register-EngineEvent -SourceIdentifier 'PowerShell.Exiting' -Action { & $CloseAtExit }
$atExit.Module.SessionState.PSVariable.Set('CloseAtExit', { Close-AndWait })
