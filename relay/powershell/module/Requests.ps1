# One web request with Windows' own authentication, for Autodiscover and EWS. What it says is built and read by the relay.

$BufferBytes = 65536

function Send-EasgateRequest {
    <#
    .SYNOPSIS
    Sends one web request and prints the response.

    .DESCRIPTION
    Follows no redirection, keeps no cookie, uses no proxy but the one given, checks the server's certificate as Windows does. Prints
    {"response":{"status","headers","body"}} and {"end":true,"lines":1}; or {"end":true,"lines":0,"error":{"category","message","sent"}} with
    the category connect, tls, timeout, tooLarge or other. "sent" is false only when the request certainly never reached the server.

    .PARAMETER Request
    Base64 of {"url", "method", "headers" {}, "body", "authentication": Negotiate, Ntlm, Basic or None, "account" {user, password},
    "proxy" {address, user, password}, "timeoutMs", "maxBytes"}. Without an account: as whoever runs this process, and not with Basic.
    The time is for all of it, the size for the body of the response. Bodies are UTF-8, the response's unless it says another charset.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Request
    )

    $call = @{ Given = $null; Clock = [System.Diagnostics.Stopwatch]::StartNew(); Handler = $null; Client = $null; Message = $null; Body = $null; IsStarted = $false }
    try {
        $call.Given = ConvertFrom-Argument -Text $Request
        $response = Receive-Response -Call $call
        if ($null -eq $response) { Write-Reply -Line @() -End @{ error = @{ category = 'tooLarge'; message = 'The response is larger than {0} bytes.' -f $call.Given.maxBytes; sent = $true } } }
        else { Write-Reply -Line @('{"response":' + (ConvertTo-Json -InputObject $response -Compress -Depth 4) + '}') -End @{} }
    }
    catch { Write-Reply -Line @() -End @{ error = Get-RequestFailure -Exception $_.Exception -Call $call } }
    finally {
        if ($null -ne $call.Message) { $call.Message.Dispose() }
        if ($null -ne $call.Client) { $call.Client.Dispose() }
        $global:Error.Clear()
    }
}

# Gives $null when the response is too large.
function Receive-Response {
    param([hashtable] $Call)
    Enable-Http
    $Call.Handler = New-Handler -Given $Call.Given
    $Call.Client = New-Object -TypeName 'System.Net.Http.HttpClient' -ArgumentList $Call.Handler, $true
    $Call.Client.Timeout = [System.Threading.Timeout]::InfiniteTimeSpan
    $Call.Message = New-Message -Call $Call
    $Call.IsStarted = $true
    $response = Wait-Task -Call $Call -Task ($Call.Client.SendAsync($Call.Message, [System.Net.Http.HttpCompletionOption]::ResponseHeadersRead))
    $bytes = Read-Body -Call $Call -Response $response
    if ($null -eq $bytes) { return $null }
    @{ status = [int] $response.StatusCode; headers = Get-Header -Response $response; body = ConvertFrom-Body -Bytes $bytes -Response $response }
}

# Windows PowerShell neither loads this library by itself nor, on some servers, speaks TLS 1.2; 0 is what Windows itself has configured.
function Enable-Http {
    if ($PSVersionTable.PSVersion.Major -ge 6) { return }
    Add-Type -AssemblyName 'System.Net.Http'
    $protocol = [int] [System.Net.ServicePointManager]::SecurityProtocol
    if ($protocol -ne 0) { [System.Net.ServicePointManager]::SecurityProtocol = [System.Net.SecurityProtocolType] ($protocol -bor 3072) }
}

function New-Handler {
    param([object] $Given)
    $handler = New-Object -TypeName 'System.Net.Http.HttpClientHandler'
    $handler.AllowAutoRedirect = $false
    $handler.UseCookies = $false
    $handler.UseProxy = $null -ne $Given.proxy
    if ($null -ne $Given.proxy) {
        $handler.Proxy = New-Object -TypeName 'System.Net.WebProxy' -ArgumentList ([Uri] $Given.proxy.address)
        if ($Given.proxy.user) { $handler.Proxy.Credentials = New-NetworkCredential -Account $Given.proxy }
    }
    if ($Given.authentication -eq 'None') { return $handler }
    # A cache, so that the password goes only to this host and only in the way that was chosen.
    $credential = [System.Net.CredentialCache]::DefaultNetworkCredentials
    if ($null -ne $Given.account) { $credential = New-NetworkCredential -Account $Given.account }
    $cache = New-Object -TypeName 'System.Net.CredentialCache'
    $cache.Add([Uri] $Given.url, $Given.authentication, $credential)
    $handler.Credentials = $cache
    $handler
}

function New-NetworkCredential {
    param([object] $Account)
    $domain, $user = ([string] $Account.user).Split([char[]] @('\'), 2)
    if ($null -eq $user) { return New-Object -TypeName 'System.Net.NetworkCredential' -ArgumentList $domain, ([string] $Account.password) }
    New-Object -TypeName 'System.Net.NetworkCredential' -ArgumentList $user, ([string] $Account.password), $domain
}

function New-Message {
    param([hashtable] $Call)
    $given = $Call.Given
    $method = New-Object -TypeName 'System.Net.Http.HttpMethod' -ArgumentList $given.method
    $message = New-Object -TypeName 'System.Net.Http.HttpRequestMessage' -ArgumentList $method, ([Uri] $given.url)
    $message.Headers.ExpectContinue = $false
    if ($given.body) {
        $bytes = [System.Text.Encoding]::UTF8.GetBytes([string] $given.body)
        $Call.Body = New-Object -TypeName 'System.IO.MemoryStream' -ArgumentList (, $bytes)
        $message.Content = New-Object -TypeName 'System.Net.Http.StreamContent' -ArgumentList $Call.Body
    }
    if ($null -eq $given.headers) { return $message }
    foreach ($header in $given.headers.PSObject.Properties) {
        if ($message.Headers.TryAddWithoutValidation($header.Name, [string] $header.Value) -or $null -eq $message.Content) { continue }
        $null = $message.Content.Headers.TryAddWithoutValidation($header.Name, [string] $header.Value)
    }
    $message
}

# What is under way when the time is over ends as the client is disposed of.
function Wait-Task {
    param([hashtable] $Call, [System.Threading.Tasks.Task] $Task)
    $left = [Math]::Max(0, $Call.Given.timeoutMs - $Call.Clock.ElapsedMilliseconds)
    if (-not ([System.IAsyncResult] $Task).AsyncWaitHandle.WaitOne([int] $left)) { throw (New-Object -TypeName 'System.TimeoutException' -ArgumentList ('No whole answer in {0} ms.' -f $Call.Given.timeoutMs)) }
    $Task.GetAwaiter().GetResult()
}

function Read-Body {
    param([hashtable] $Call, [System.Net.Http.HttpResponseMessage] $Response)
    $most = $Call.Given.maxBytes
    if ($Response.Content.Headers.ContentLength -gt $most) { return $null }
    $stream = Wait-Task -Call $Call -Task $Response.Content.ReadAsStreamAsync()
    $body = New-Object -TypeName 'System.IO.MemoryStream'
    $buffer = New-Object -TypeName 'byte[]' -ArgumentList $BufferBytes
    while ($true) {
        $count = Wait-Task -Call $Call -Task $stream.ReadAsync($buffer, 0, $buffer.Length)
        if ($count -eq 0) { break }
        $body.Write($buffer, 0, $count)
        if ($body.Length -gt $most) { return $null }
    }
    return , $body.ToArray()
}

function Get-Header {
    param([System.Net.Http.HttpResponseMessage] $Response)
    $headers = [ordered] @{}
    foreach ($part in @($Response.Headers, $Response.Content.Headers)) {
        foreach ($header in $part.GetEnumerator()) { $headers[$header.Key.ToLowerInvariant()] = $header.Value -join ', ' }
    }
    $headers
}

function ConvertFrom-Body {
    param([byte[]] $Bytes, [System.Net.Http.HttpResponseMessage] $Response)
    $encoding = [System.Text.Encoding]::UTF8
    $type = $Response.Content.Headers.ContentType
    if ($null -ne $type -and $type.CharSet) { try { $encoding = [System.Text.Encoding]::GetEncoding($type.CharSet.Trim('"')) } catch { $null = $_ } }
    $reader = New-Object -TypeName 'System.IO.StreamReader' -ArgumentList (New-Object -TypeName 'System.IO.MemoryStream' -ArgumentList (, $Bytes)), $encoding, $true
    $reader.ReadToEnd()
}

# | what happened                                    | category | sent                                                       |
# | no such name, no connection, proxy says no       | connect  | no                                                         |
# | TLS refused                                      | tls      | no                                                         |
# | the time was over, or the connection ended       | timeout, | yes, unless the body was not even begun: .NET tells that,  |
# |                                                  | other    | .NET Framework does not                                    |
# | a wrong request                                  | other    | no                                                         |
# .NET 8 says what failed (HttpRequestError), .NET Framework too (WebException), .NET 6 and 7 by the kind of what is inside.
$ConnectErrors = @('NameResolutionError', 'ConnectionError', 'ProxyTunnelError', 'NameResolutionFailure', 'ConnectFailure', 'ProxyNameResolutionFailure')
$TlsErrors = @('SecureConnectionError', 'TrustFailure', 'SecureChannelFailure')

function Get-RequestFailure {
    param([Exception] $Exception, [hashtable] $Call)
    $category = 'other'
    $message = $Exception.Message
    for ($inner = $Exception; $null -ne $inner; $inner = $inner.InnerException) {
        if ($inner -isnot [System.Management.Automation.MethodInvocationException]) { $message = $inner.Message }
        if ($category -eq 'other') { $category = Get-RequestCategory -Exception $inner }
    }
    $sent = $Call.IsStarted -and $category -ne 'connect' -and $category -ne 'tls'
    # Disposed of by .NET Framework, and then it does not say how far it was read.
    if ($null -ne $Call.Body -and $Call.Body.CanRead) { $sent = $Call.Body.Position -gt 0 }
    @{ category = $category; message = $message; sent = $sent }
}

function Get-RequestCategory {
    param([Exception] $Exception)
    $said = [string] $Exception.HttpRequestError
    if ($Exception -is [System.Net.WebException]) { $said = [string] $Exception.Status }
    if ($ConnectErrors -contains $said) { return 'connect' }
    if ($TlsErrors -contains $said -or $Exception -is [System.Security.Authentication.AuthenticationException]) { return 'tls' }
    if ($Exception -is [TimeoutException]) { return 'timeout' }
    # A connection that ended later has an IOException between the two.
    if ($Exception.GetType().Name -eq 'HttpRequestException' -and $Exception.InnerException -is [System.Net.Sockets.SocketException]) { return 'connect' }
    'other'
}
