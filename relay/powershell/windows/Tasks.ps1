# Starting with the computer: the scheduled task that runs the relay, and the state of a service that does.

# {"name","description","executable","arguments","folder","account","logon","secret"?,"start"}: registers the task, in the place of one of
# that name. "logon" is Password (an account whose password is "secret", or a group managed service account, for which Windows keeps it) or
# ServiceAccount (one of Windows' own). Gives what taskState gives.
function Invoke-InstallTask {
    param($From)
    $name = Get-Text -From $From -Name 'name'
    $account = Get-Text -From $From -Name 'account'
    $secret = Get-Optional -From $From -Name 'secret'
    $action = New-ScheduledTaskAction -Execute (Get-Text -From $From -Name 'executable') -Argument (Get-Text -From $From -Name 'arguments') -WorkingDirectory (Get-Text -From $From -Name 'folder')
    $task = @{
        TaskName    = $name
        Description = Get-Text -From $From -Name 'description'
        Action      = $action
        Trigger     = Get-TaskTrigger
        Settings    = Get-TaskSetting
        Force       = $true
    }
    if ($secret) {
        $task['User'] = $account
        $task['Password'] = $secret
    }
    else {
        $task['Principal'] = New-ScheduledTaskPrincipal -UserId $account -LogonType (Get-Text -From $From -Name 'logon')
    }
    if ($null -ne (Get-Task -Name $name)) { Stop-Task -Name $name }
    $null = Register-ScheduledTask @task
    if (Get-Optional -From $From -Name 'start') {
        Start-ScheduledTask -TaskName $name
        Wait-Task -Name $name -While @('Queued', 'Ready')
    }
    Get-TaskState -Name $name
}

# At the start of the computer, and every minute: a restart on failure is for a task that could not be started, not for one whose program
# ended by a fault ([MS-TSCH] 2.5.4.2). While it runs, further starts are ignored. Ten years, since "for ever" is written differently from
# Windows version to version.
function Get-TaskTrigger {
    $minute = New-TimeSpan -Minutes 1
    $years = New-TimeSpan -Days 3650
    New-ScheduledTaskTrigger -AtStartup
    New-ScheduledTaskTrigger -Once -At ([DateTime]::Today) -RepetitionInterval $minute -RepetitionDuration $years
}

# Task Scheduler keeps at most 255 restarts, and ends a task after three days unless it is told not to. Priority 5 is that of other programs.
function Get-TaskSetting {
    $settings = @{
        RestartCount               = 255
        RestartInterval            = New-TimeSpan -Minutes 1
        ExecutionTimeLimit         = New-TimeSpan
        MultipleInstances          = 'IgnoreNew'
        Priority                   = 5
        StartWhenAvailable         = $true
        AllowStartIfOnBatteries    = $true
        DontStopIfGoingOnBatteries = $true
        DontStopOnIdleEnd          = $true
    }
    New-ScheduledTaskSettingsSet @settings
}

# {"name"}: stops the task and removes it. Gives {"found"}.
function Invoke-UninstallTask {
    param($From)
    $name = Get-Text -From $From -Name 'name'
    if ($null -eq (Get-Task -Name $name)) { return @{ found = $false } }
    Stop-Task -Name $name
    Unregister-ScheduledTask -TaskName $name -Confirm:$false
    @{ found = $true }
}

# {"name"}: gives {"found"}, and if it is there {"state","account","lastRun","lastResult"}.
function Invoke-TaskState {
    param($From)
    Get-TaskState -Name (Get-Text -From $From -Name 'name')
}

function Get-Task {
    param([string] $Name)
    Get-ScheduledTask -TaskName $Name -ErrorAction 'SilentlyContinue'
}

function Get-TaskState {
    param([string] $Name)
    $task = Get-Task -Name $Name
    if ($null -eq $task) { return @{ found = $false } }
    $info = Get-ScheduledTaskInfo -TaskName $Name
    $lastRun = $null
    if ($null -ne $info.LastRunTime) { $lastRun = $info.LastRunTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [System.Globalization.CultureInfo]::InvariantCulture) }
    @{ found = $true; state = [string] $task.State; account = [string] $task.Principal.UserId; lastRun = $lastRun; lastResult = [long] $info.LastTaskResult }
}

# Disabled first, so that the trigger of the next minute does not start it again.
function Stop-Task {
    param([string] $Name)
    $null = Disable-ScheduledTask -TaskName $Name
    Stop-ScheduledTask -TaskName $Name
    Wait-Task -Name $Name -While @('Running')
}

# Waits until the task is in another state, for ten seconds at the most.
function Wait-Task {
    param([string] $Name, [string[]] $While)
    for ($look = 0; $look -lt 40; $look += 1) {
        $task = Get-Task -Name $Name
        if ($null -eq $task -or $While -notcontains [string] $task.State) { return }
        Start-Sleep -Milliseconds 250
    }
}

# {"name"}: gives {"found"}, and if it is there {"state","account"}.
function Invoke-ServiceState {
    param($From)
    $name = Get-Text -From $From -Name 'name'
    $service = Get-CimInstance -ClassName 'Win32_Service' | Where-Object { $_.Name -eq $name }
    if ($null -eq $service) { return @{ found = $false } }
    @{ found = $true; state = [string] $service.State; account = [string] $service.StartName }
}
