# The commands: waiting in the queue, running on a session, ended but not yet printed. Each is a job, a table that New-Job draws.

$LongestThrottle = [TimeSpan]::FromSeconds(30)

# What each command needs is made by ::new(): New-Object takes 0.2 ms, and the command's session waits for it.
$NoInput = [System.Management.Automation.PSDataCollection[psobject]]::new()
$NoInput.Complete()

function New-Job {
    param([object] $Command)
    @{
        Key       = [string] $Command.key
        Cmdlet    = [string] $Command.cmdlet
        Parameter = $Command.parameters
        Returns   = @($Command.returns)
        NotAfter  = ConvertTo-Utc -Value $Command.notAfter
        NotBefore = [DateTime]::MinValue
        Throttled = [TimeSpan]::Zero
        IsSecond  = $false
        Cancelled = $false
        HasRows   = $false
        Clock     = $null
        Shell     = $null
        Buffer    = $null
        Rows      = [System.Collections.Generic.Queue[object]]::new()
        Warnings  = @()
        Duration  = 0
        Outcome   = $null
    }
}

function Start-QueuedCommand {
    if ($State.Queue.Count -eq 0) { return }
    $now = [DateTime]::UtcNow
    foreach ($job in $State.Queue.ToArray()) {
        if ($now -ge $job.NotAfter) {
            $null = $State.Queue.Remove($job)
            Set-Outcome -Job $job -Failure (New-Failure -Category 'expired' -Message ('not started: later than ' + $job.NotAfter.ToString('o', $Invariant)))
        }
        elseif ($now -ge $job.NotBefore) {
            $session = Get-FreeSession
            if ($null -eq $session) { break }
            $null = $State.Queue.Remove($job)
            Start-Command -Job $job -Session $session
        }
    }
    Open-MissingSession
}

# Opens as many closed sessions as there are commands waiting. When none is open and none may be tried yet, the commands learn why.
function Open-MissingSession {
    $coming = Get-SessionCount -In @('opening', 'preparing', 'free')
    foreach ($session in $State.Sessions) {
        if ($coming -ge $State.Queue.Count) { break }
        if ($session.State -eq 'closed' -and [DateTime]::UtcNow -ge $session.NotBefore) {
            Open-Session -Session $session
            $coming += 1
        }
    }
    if ((Get-SessionCount -In $OpenStates) -gt 0) { return }
    $failure = $State.LastError
    if ($null -eq $failure) { $failure = New-Failure -Category 'sessionBroken' -Message 'No session to Exchange is open.' }
    foreach ($job in $State.Queue.ToArray()) {
        $null = $State.Queue.Remove($job)
        Set-Outcome -Job $job -Failure $failure
    }
}

function Start-Command {
    param([hashtable] $Job, [hashtable] $Session)
    try {
        if ($null -eq $Job.Clock) { $Job.Clock = [System.Diagnostics.Stopwatch]::StartNew() }
        $parameters = @{}
        foreach ($property in $Job.Parameter.PSObject.Properties) { $parameters[$property.Name] = ConvertTo-Argument -Value $property.Value }
        # Every cmdlet that changes something would ask, and nobody is there to answer.
        if ($Job.Cmdlet -notlike 'Get-*') { $parameters['Confirm'] = $false }
        $Job.Shell = New-Pipeline -Session $Session -Cmdlet $Job.Cmdlet -Parameter $parameters
        $Job.Buffer = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $Session.Async = $Job.Shell.BeginInvoke($NoInput, $Job.Buffer)
        $Session.Shell = $Job.Shell
        $Session.Job = $Job
        $Session.State = 'busy'
        $State.Jobs.Add($Job)
    }
    catch {
        $failure = Get-Failure -Record $_
        if ($null -ne $Job.Shell) { $Job.Shell.Dispose() }
        $Job.Shell = $null
        if ($failure.category -eq 'sessionBroken') { Close-Session -Session $Session -Failure $failure }
        # It never left this process, so another session can have it, whatever it is.
        if ($failure.category -eq 'sessionBroken' -and -not $Job.IsSecond) {
            $Job.IsSecond = $true
            $State.Queue.Insert(0, $Job)
            return
        }
        Set-Outcome -Job $Job -Failure $failure
    }
}

function New-Pipeline {
    param([hashtable] $Session, [string] $Cmdlet, [hashtable] $Parameter)
    $shell = [System.Management.Automation.PowerShell]::Create()
    $shell.Runspace = $Session.Runspace
    $null = $shell.AddCommand($Cmdlet)
    foreach ($name in $Parameter.Keys) { $null = $shell.AddParameter($name, $Parameter[$name]) }
    $shell
}

# Ends the session's pipeline; gives the error record if there is one. One error among the rows fails the command: a list with holes is no list.
function Complete-Pipeline {
    param([hashtable] $Session)
    $shell = $Session.Shell
    $record = $null
    try { $null = $shell.EndInvoke($Session.Async) } catch { $record = $_ }
    if ($null -eq $record -and $shell.Streams.Error.Count -gt 0) { $record = $shell.Streams.Error[0] }
    # A pipeline that did not come to its end gave a part of its rows, whatever it says.
    if ($null -eq $record -and $shell.InvocationStateInfo.State -ne 'Completed') { $record = New-BrokenRecord -Reason $shell.InvocationStateInfo.Reason }
    if ($null -ne $Session.Job) { $Session.Job.Warnings = @(foreach ($warning in $shell.Streams.Warning) { [string] $warning.Message }) }
    $shell.Dispose()
    $Session.Shell = $null
    $Session.Async = $null
    $record
}

function Complete-Command {
    param([hashtable] $Session)
    $job = $Session.Job
    $record = Complete-Pipeline -Session $Session
    $Session.Job = $null
    $Session.State = 'free'
    $job.Shell = $null
    Move-Row -Job $job
    $failure = $null
    if ($job.Cancelled) { $failure = New-Failure -Category 'refused' -Message 'stopped: the relay asked for it' }
    elseif ($null -ne $record) { $failure = Get-Failure -Record $record }
    if ($null -ne $failure -and $failure.category -eq 'sessionBroken') { Close-Session -Session $Session -Failure $failure }
    if ($null -ne $failure -and (Test-Repeat -Job $job -Failure $failure)) {
        $null = $State.Jobs.Remove($job)
        $job.Rows.Clear()
        $State.Queue.Insert(0, $job)
        return
    }
    Set-Outcome -Job $job -Failure $failure
}

# | failure       | condition                                        | then                        |
# | throttled     | not waited 30 s in all, not past notAfter        | again after the time named  |
# | sessionBroken | first time, Get or Set, no row printed yet       | again on another session    |
# | anything else |                                                  | that is the outcome         |
function Test-Repeat {
    param([hashtable] $Job, [hashtable] $Failure)
    if ($Job.HasRows) { return $false }
    if ($Failure.category -eq 'throttled') {
        $wait = [TimeSpan]::FromMilliseconds($Failure.retryAfterMs)
        $Job.Throttled += $wait
        $Job.NotBefore = [DateTime]::UtcNow + $wait
        return ($Job.Throttled -le $LongestThrottle -and $Job.NotBefore -lt $Job.NotAfter)
    }
    if ($Failure.category -ne 'sessionBroken' -or $Job.IsSecond) { return $false }
    $Job.IsSecond = $true
    return ($Job.Cmdlet -like 'Get-*' -or $Job.Cmdlet -like 'Set-*')
}

function Stop-Command {
    param([string] $Key)
    foreach ($job in $State.Queue.ToArray()) {
        if ($job.Key -eq $Key) {
            $null = $State.Queue.Remove($job)
            Set-Outcome -Job $job -Failure (New-Failure -Category 'refused' -Message 'not started: the relay took it back')
        }
    }
    foreach ($job in $State.Jobs.ToArray()) {
        if ($job.Key -eq $Key) {
            $job.Cancelled = $true
            $job.Rows.Clear()
            if ($null -ne $job.Shell) { try { $null = $job.Shell.BeginStop($null, $null) } catch { $null = $_ } }
        }
    }
}

function Set-Outcome {
    param([hashtable] $Job, [hashtable] $Failure)
    if ($null -ne $Job.Clock) { $Job.Duration = $Job.Clock.ElapsedMilliseconds }
    $Job.Outcome = @{ ok = ($null -eq $Failure); warnings = @($Job.Warnings); durationMs = $Job.Duration }
    if ($null -ne $Failure) { $Job.Outcome['error'] = $Failure }
    if (-not $State.Jobs.Contains($Job)) { $State.Jobs.Add($Job) }
}
