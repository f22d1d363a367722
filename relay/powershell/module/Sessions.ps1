# The sessions to Exchange. Each goes closed -> opening -> preparing -> free <-> busy, and back to closed when it is old, broken or refused.

# Shorter than the 15 minutes after which Exchange drops an idle one by more than the relay lets pass between two steps (commandRunner.ts).
$SessionLife = [TimeSpan]::FromMinutes(13)
$OpenTime = [TimeSpan]::FromSeconds(150)
$RetryPause = [TimeSpan]::FromSeconds(5)

$OpenStates = @('opening', 'preparing', 'free', 'busy')

# Returns when one is open, or none can be opened.
function Open-EverySession {
    param([object] $Given, [scriptblock] $Factory)
    # An account has few shells: those of before and the new ones together may be too many.
    Close-AndWait
    Protect-Account -Connection $Given.connection
    $State.Settings = $Given
    $State.Factory = $Factory
    $State.LastError = $null
    $State.Sessions = @(1..$Given.parallel | ForEach-Object -Process { New-Session })
    foreach ($session in $State.Sessions) { Open-Session -Session $session }
    $until = [DateTime]::UtcNow + $OpenTime
    while ((Get-SessionCount -In 'free') -eq 0 -and (Get-SessionCount -In @('opening', 'preparing')) -gt 0) {
        if ([DateTime]::UtcNow -ge $until) { break }
        Start-Sleep -Milliseconds $PollMilliseconds
        Update-EverySession
    }
}

function New-Session {
    @{ State = 'closed'; Runspace = $null; Since = [DateTime]::MinValue; NotBefore = [DateTime]::MinValue; Shell = $null; Async = $null; Job = $null }
}

function Get-SessionCount {
    param([string[]] $In)
    $count = 0
    foreach ($session in $State.Sessions) { if ($In -contains $session.State) { $count += 1 } }
    $count
}

function Get-FreeSession {
    foreach ($session in $State.Sessions) { if ($session.State -eq 'free') { return $session } }
}

function Open-Session {
    param([hashtable] $Session)
    try {
        $Session.Runspace = & $State.Factory $State.Settings.connection
        $Session.Runspace.OpenAsync()
        $Session.State = 'opening'
        $Session.Since = [DateTime]::UtcNow
    }
    catch {
        Close-Session -Session $Session -Failure (Get-Failure -Record $_) -Pause
    }
}

function Update-EverySession {
    if ($State.Closing.Count -gt 0) { Clear-ClosedRunspace }
    $since = [DateTime]::UtcNow - $SessionLife
    # Asked a hundred times a second, so without a call for what runs or waits in good order.
    foreach ($session in $State.Sessions) {
        if ($session.State -eq 'busy' -and -not $session.Async.IsCompleted) { continue }
        if ($session.State -eq 'free' -and $session.Since -ge $since -and $session.Runspace.RunspaceStateInfo.State -eq 'Opened') { continue }
        Update-Session -Session $session
    }
}

function Update-Session {
    param([hashtable] $Session)
    if ($Session.State -eq 'closed') { return }
    $age = [DateTime]::UtcNow - $Session.Since
    $info = $Session.Runspace.RunspaceStateInfo
    if ($Session.State -eq 'opening') {
        if ($info.State -eq 'Opened') { Start-Preparation -Session $Session }
        elseif ($info.State -eq 'Broken' -or $info.State -eq 'Closed') { Close-Session -Session $Session -Failure (Get-BrokenFailure -Reason $info.Reason) -Pause }
        elseif ($age -gt $OpenTime) { Close-Session -Session $Session -Failure (New-Failure -Category 'sessionBroken' -Message 'Exchange did not open a session in time.') -Pause }
        return
    }
    if ($Session.State -eq 'preparing') {
        if ($Session.Async.IsCompleted) { Complete-Preparation -Session $Session }
        elseif ($age -gt $OpenTime) { Close-Session -Session $Session -Failure (New-Failure -Category 'sessionBroken' -Message 'Exchange did not answer Set-ADServerSettings in time.') -Pause }
        return
    }
    if ($Session.State -eq 'busy' -and $Session.Async.IsCompleted) { Complete-Command -Session $Session }
    if ($Session.State -ne 'free') { return }
    if ($info.State -ne 'Opened') { Close-Session -Session $Session -Failure (Get-BrokenFailure -Reason $info.Reason) }
    elseif ($age -gt $SessionLife) { Close-Session -Session $Session }
}

function Get-BrokenFailure {
    param([object] $Reason)
    Get-Failure -Record (New-BrokenRecord -Reason $Reason)
}

# Without the view of the entire forest a list lacks mailboxes of other domains, so a session that cannot have it is not used.
function Start-Preparation {
    param([hashtable] $Session)
    if (-not $State.Settings.connection.viewEntireForest) {
        Set-Free -Session $Session
        return
    }
    $Session.Shell = New-Pipeline -Session $Session -Cmdlet 'Set-ADServerSettings' -Parameter @{ ViewEntireForest = $true }
    $Session.Async = $Session.Shell.BeginInvoke()
    $Session.State = 'preparing'
}

function Complete-Preparation {
    param([hashtable] $Session)
    $record = Complete-Pipeline -Session $Session
    if ($null -eq $record) { Set-Free -Session $Session }
    else { Close-Session -Session $Session -Failure (Get-Failure -Record $record) -Pause }
}

function Set-Free {
    param([hashtable] $Session)
    $Session.State = 'free'
    $State.LastError = $null
}

# -Failure says why, where it was not by plan. -Pause: it could not be opened, so it is not tried again at once.
function Close-Session {
    param([hashtable] $Session, [hashtable] $Failure, [switch] $Pause)
    $Session.State = 'closed'
    $Session.NotBefore = [DateTime]::UtcNow
    if ($Pause) {
        $wait = $RetryPause
        if ($Failure.retryAfterMs) { $wait = [TimeSpan]::FromMilliseconds($Failure.retryAfterMs) }
        $Session.NotBefore = [DateTime]::UtcNow + $wait
    }
    if ($null -ne $Failure) { $State.LastError = $Failure }
    $runspace = $Session.Runspace
    $Session.Runspace = $null
    if ($null -eq $runspace) { return }
    try { $runspace.CloseAsync() } catch { $null = $_ }
    $State.Closing.Add($runspace)
}

# Until a pipeline ends or the relay calls. What has no handle is asked for: rows that come, sessions that open, commands whose time comes.
function Wait-Something {
    param([int] $Milliseconds)
    $most = $Milliseconds
    if ($State.Queue.Count -gt 0 -or $State.Closing.Count -gt 0) { $most = $PollMilliseconds }
    $handles = [System.Collections.Generic.List[System.Threading.WaitHandle]]::new()
    foreach ($session in $State.Sessions) {
        if ($session.State -eq 'busy' -or $session.State -eq 'preparing') { $handles.Add($session.Async.AsyncWaitHandle) }
        if ($session.State -eq 'opening' -or ($session.State -eq 'busy' -and $session.Job.Returns.Count -gt 0)) { $most = $PollMilliseconds }
    }
    if ($null -ne $Call.Handle) { $handles.Add($Call.Handle) }
    $for = [Math]::Min($most, $Milliseconds)
    if ($handles.Count -gt 0) { $null = [System.Threading.WaitHandle]::WaitAny($handles.ToArray(), $for) }
    else { Start-Sleep -Milliseconds $for }
}
