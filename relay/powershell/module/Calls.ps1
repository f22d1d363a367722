# The relay's call, which ends the wait of a step when a new command is to be started: nothing else can reach this process while it waits,
# because standard input is read a line at a time. A pipe that the relay made, whose name is in the environment; all that comes through it
# are bytes, the number of the step that is called.

$CallName = $env:EASGATE_CALLS
$Call = @{ Pipe = $null; Buffer = New-Object -TypeName 'byte[]' -ArgumentList 256; Read = $null; Handle = $null }

# Without the pipe steps are short: the last line of each says whether calls are heard.
function Open-Call {
    if (-not $CallName -or $null -ne $Call.Pipe) { return }
    try {
        $Call.Pipe = New-Object -TypeName 'System.IO.Pipes.NamedPipeClientStream' -ArgumentList '.', $CallName, ([System.IO.Pipes.PipeDirection]::In), ([System.IO.Pipes.PipeOptions]::Asynchronous)
        $Call.Pipe.Connect(1000)
        Read-Call
    }
    catch { Close-Call }
}

function Close-Call {
    if ($null -ne $Call.Pipe) { $Call.Pipe.Dispose() }
    $Call.Pipe = $null
    $Call.Read = $null
    $Call.Handle = $null
}

# Handle is asked for by reflection: what a read gives has it in the interface only.
function Read-Call {
    $Call.Read = $Call.Pipe.BeginRead($Call.Buffer, 0, $Call.Buffer.Length, $null, $null)
    $Call.Handle = [System.IAsyncResult].GetProperty('AsyncWaitHandle').GetValue($Call.Read, $null)
}

# Whether this step was called. A call that comes too late was for a step that is over.
function Test-Call {
    param([int] $Step)
    if ($null -eq $Call.Read -or -not $Call.Read.IsCompleted) { return $false }
    try {
        $count = $Call.Pipe.EndRead($Call.Read)
        $isCalled = $count -gt 0 -and $Call.Buffer[$count - 1] -eq $Step
        if ($count -gt 0) { Read-Call }
        else { Close-Call }
        return $isCalled
    }
    catch {
        Close-Call
        return $false
    }
}
