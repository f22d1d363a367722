# The sessions to Exchange. Each goes closed -> opening -> preparing -> free <-> busy, and back to closed when it is old, broken or refused.

$SessionLife = [TimeSpan]::FromMinutes(14)
$OpenTime = [TimeSpan]::FromSeconds(150)
$RetryPause = [TimeSpan]::FromSeconds(5)
$UsEnglish = [System.Globalization.CultureInfo]::GetCultureInfo('en-US')

# A runspace on the Exchange endpoint, not yet opened. en-US: Exchange reads dates in filters by the session's culture.
$ExchangeRunspace = {
    param($Connection)
    $port = ''
    if ($Connection.port) { $port = ':' + $Connection.port }
    $address = '{0}://{1}{2}{3}' -f $Connection.scheme, $Connection.server, $port, $Connection.path
    $info = New-Object -TypeName 'System.Management.Automation.Runspaces.WSManConnectionInfo' -ArgumentList ([Uri] $address)
    $info.ShellUri = 'http://schemas.microsoft.com/powershell/Microsoft.Exchange'
    $info.AuthenticationMechanism = $Connection.authentication
    $info.MaximumConnectionRedirectionCount = 0
    $info.OpenTimeout = 120000
    $info.OperationTimeout = 180000
    $info.Culture = $UsEnglish
    $info.UICulture = $UsEnglish
    [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($info)
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
        Close-Session -Session $Session -Failure (Get-Failure -Record $_)
    }
}

function Update-EverySession {
    Clear-ClosedRunspace
    foreach ($session in $State.Sessions) { Update-Session -Session $session }
}

function Update-Session {
    param([hashtable] $Session)
    if ($Session.State -eq 'closed') { return }
    $age = [DateTime]::UtcNow - $Session.Since
    $info = $Session.Runspace.RunspaceStateInfo
    if ($Session.State -eq 'opening') {
        if ($info.State -eq 'Opened') { Start-Preparation -Session $Session }
        elseif ($info.State -eq 'Broken' -or $info.State -eq 'Closed') { Close-Session -Session $Session -Failure (Get-Failure -Record (New-BrokenRecord -Reason $info.Reason)) }
        elseif ($age -gt $OpenTime) { Close-Session -Session $Session -Failure (New-Failure -Category 'sessionBroken' -Message 'Exchange did not open a session in time.') }
        return
    }
    if ($Session.State -eq 'preparing') {
        if ($Session.Async.IsCompleted) { Complete-Preparation -Session $Session }
        elseif ($age -gt $OpenTime) { Close-Session -Session $Session -Failure (New-Failure -Category 'sessionBroken' -Message 'Exchange did not answer Set-ADServerSettings in time.') }
        return
    }
    if ($Session.State -eq 'busy') {
        if ($Session.Async.IsCompleted) { Complete-Command -Session $Session }
        return
    }
    if ($age -gt $SessionLife -or $info.State -ne 'Opened') { Close-Session -Session $Session }
}

# Without the view of the entire forest a list lacks mailboxes of other domains, so a session that cannot have it is not used.
function Start-Preparation {
    param([hashtable] $Session)
    if (-not $State.Settings.connection.viewEntireForest) {
        $Session.State = 'free'
        return
    }
    $Session.Shell = New-Pipeline -Session $Session -Cmdlet 'Set-ADServerSettings' -Parameter @{ ViewEntireForest = $true }
    $Session.Async = $Session.Shell.BeginInvoke()
    $Session.State = 'preparing'
}

function Complete-Preparation {
    param([hashtable] $Session)
    $record = Complete-Pipeline -Session $Session
    if ($null -eq $record) { $Session.State = 'free' }
    else { Close-Session -Session $Session -Failure (Get-Failure -Record $record) }
}

function Close-Session {
    param([hashtable] $Session, [hashtable] $Failure)
    $Session.State = 'closed'
    $Session.NotBefore = [DateTime]::UtcNow
    if ($null -ne $Failure) {
        $State.LastError = $Failure
        $pause = $RetryPause
        if ($Failure.retryAfterMs) { $pause = [TimeSpan]::FromMilliseconds($Failure.retryAfterMs) }
        $Session.NotBefore = [DateTime]::UtcNow + $pause
    }
    $runspace = $Session.Runspace
    $Session.Runspace = $null
    if ($null -eq $runspace) { return }
    try { $runspace.CloseAsync() } catch { $null = $_ }
    $State.Closing.Add($runspace)
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

function Close-EverySession {
    foreach ($session in $State.Sessions) {
        if ($null -ne $session.Shell) { try { $null = $session.Shell.BeginStop($null, $null) } catch { $null = $_ } }
        Close-Session -Session $session
    }
    $State.Sessions = @()
    $State.Queue.Clear()
    $State.Jobs.Clear()
}

# When the relay dies, standard input ends and so does this process: Exchange would go on counting its sessions for a quarter of an hour.
$null = Register-EngineEvent -SourceIdentifier 'PowerShell.Exiting' -SupportEvent -MessageData $State -Action {
    $open = @(foreach ($session in $Event.MessageData.Sessions) { if ($null -ne $session.Runspace) { $session.Runspace } })
    foreach ($runspace in $open) { try { $runspace.CloseAsync() } catch { $null = $_ } }
    $until = [DateTime]::UtcNow.AddSeconds(4)
    foreach ($runspace in $open) { while ($runspace.RunspaceStateInfo.State -eq 'Closing' -and [DateTime]::UtcNow -lt $until) { Start-Sleep -Milliseconds 10 } }
}

# The organization's name stands in the DN of its settings; an account that may not read them gives none.
function Get-Organization {
    param([hashtable] $Session)
    $settings = @(Invoke-Quietly -Session $Session -Cmdlet 'Get-ActiveSyncOrganizationSettings' -Parameter @{})
    $organization = $null
    if ($settings.Count -gt 0 -and $settings[0].DistinguishedName -match ',CN=([^,]+),CN=Microsoft Exchange,') { $organization = $Matches[1] }
    $mobile = @(Invoke-Quietly -Session $Session -Cmdlet 'Get-Command' -Parameter @{ Name = 'Get-MobileDevice' })
    $dialect = 'ActiveSyncDevice'
    if ($mobile.Count -gt 0) { $dialect = 'MobileDevice' }
    @{ organization = $organization; server = $State.Settings.connection.server; dialect = $dialect }
}

function Invoke-Quietly {
    param([hashtable] $Session, [string] $Cmdlet, [hashtable] $Parameter)
    $shell = New-Pipeline -Session $Session -Cmdlet $Cmdlet -Parameter $Parameter
    try { $shell.Invoke() } catch { $null = $_ } finally { $shell.Dispose() }
}

function Wait-Something {
    param([int] $Milliseconds)
    $handles = @(foreach ($session in $State.Sessions) { if ($session.State -eq 'busy') { $session.Async.AsyncWaitHandle } })
    if ($handles.Count -gt 0) { $null = [System.Threading.WaitHandle]::WaitAny([System.Threading.WaitHandle[]] $handles, $Milliseconds) }
    else { Start-Sleep -Milliseconds $Milliseconds }
}
