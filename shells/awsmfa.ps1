# The function awsmfa for PowerShell: `awsmfa env` and `awsmfa unset` act on the calling shell;
# everything else goes to the program.
function global:awsmfa {
    # Skip cmd's awsmfa.bat, which may be first on PATH.
    $program = Get-Command -Name awsmfa -CommandType Application -All -ErrorAction Ignore |
        Where-Object Extension -NE '.bat' | Select-Object -First 1
    if (-not $program) {
        $global:LASTEXITCODE = 127
        throw 'awsmfa: the program is not on PATH'
    }
    $given = $args
    $verb = $given | Select-Object -First 1
    # With --shell or --help the user wants to see the output.
    $acts = 'env', 'unset' -ccontains $verb -and
        -not ($given -cmatch '^(-h|--help|-s.*|--shell(=.*)?|--print-secrets)$')
    $shell = @(if ($acts) { '--shell', 'nu' })
    $run = if ($MyInvocation.ExpectingInput) {
        { $input | & $program @given @shell }
    } else {
        { & $program @given @shell }
    }
    $isFullLanguage = $ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage'

    # PowerShell removes the first bare -- of a call, and does not show which words were quoted. So
    # rebuild the call from its text, and take the values of computed words from $given.
    $isLost = $verb -ceq 'exec' -and
        [regex]::Matches("$($MyInvocation.Line)", '\s--(?=[\s;|&)}]|$)').Count -gt @($given -ceq '--').Count
    if ($verb -ceq 'exec' -and $isFullLanguage) {
        # PowerShell 7.4 added Statement, the whole call; older versions only have the line.
        $text = if ($MyInvocation.PSObject.Properties['Statement']) { $MyInvocation.Statement } else {
            $MyInvocation.Line.Substring([Math]::Max(0, $MyInvocation.OffsetInLine - 1))
        }
        $call = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref]$null, [ref]$null).Find(
            { $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
        $constant = [System.Management.Automation.Language.ConstantExpressionAst]
        $array = [System.Management.Automation.Language.ArrayLiteralAst]
        $at = 0
        $splats = 0
        $shift = ''
        $words = foreach ($element in $call.CommandElements | Select-Object -Skip 1) {
            $name = ''
            if ($element -is [System.Management.Automation.Language.CommandParameterAst]) {
                $name = $element.Extent.Text
                $at += [int]($name -cne '--')
                if (-not $element.Argument) {
                    $name
                    continue
                }
                $element = $element.Argument
                $name = $name.Substring(0, $name.Length - $element.Extent.Text.Length)
            }
            $isVariable = $element -is [System.Management.Automation.Language.VariableExpressionAst]
            if ($isVariable -and $element.Splatted) {
                # It has as many values as the other words leave.
                "`$(if (`$left) { `$given[$at..($at + `$left - 1)] })"
                $shift = '$left + '
                $splats++
                continue
            }
            if (-not $element.Find({ $args[0] -isnot $constant -and $args[0] -isnot $array }, $true)) {
                $name + $element.Extent.Text
            } elseif ($element -is [System.Management.Automation.Language.ExpandableStringExpressionAst] -or
                $element -is $array) {
                # PowerShell would expand * and ~ in an unquoted word.
                "$name`"`$(`$given[$shift$at] -join ',')`""
            } else {
                "$name`$given[$shift$at]"
            }
            $at++
        }
        $left = $given.Count - $at
        if ($left -eq 0 -or ($left -gt 0 -and $splats -eq 1)) {
            $source = if ($MyInvocation.ExpectingInput) { '$input | ' }
            $run = [scriptblock]::Create("$source& `$program $words")
            $isLost = $false
        }
    }
    if ($isLost) {
        $global:LASTEXITCODE = 2
        throw "awsmfa: PowerShell keeps this -- to itself; quote it: awsmfa exec '--' COMMAND"
    }
    if (-not $acts) {
        $input | & $run
        return
    }

    # A failing program must not end this function before its output is read.
    $PSNativeCommandUseErrorActionPreference = $false
    $global:LASTEXITCODE = 126
    try {
        # The output is a JSON object of names and values; null removes a variable. Never assign one of
        # its values to a variable, pass it to a cmdlet or evaluate it: Set-PSDebug, Trace-Command,
        # module logging or script-block logging would show it.
        @(@($input | & $run).ForEach({
                    [regex]::Matches($_, '"(\w+)":(?:null|"((?:[^"\\]|\\.)*)")')
                })).ForEach({
                $name = $_.Groups[1].Value
                $isSet = $_.Groups[2].Success
                if ($isFullLanguage -and $isSet) {
                    [Environment]::SetEnvironmentVariable($name, [regex]::Unescape($_.Groups[2].Value), 'Process')
                } elseif ($isFullLanguage) {
                    [Environment]::SetEnvironmentVariable($name, [NullString]::Value, 'Process')
                } elseif ($isSet) {
                    # Constrained language mode does not allow [Environment].
                    Set-Item -LiteralPath "Env:$name" -Value ([regex]::Unescape($_.Groups[2].Value))
                } else {
                    Remove-Item -LiteralPath "Env:$name" -ErrorAction Ignore
                }
            })
    } catch {
        $global:LASTEXITCODE = 1
        throw
    }
    if ($LASTEXITCODE -ne 0) {
        throw "awsmfa: failed with status $LASTEXITCODE"
    } elseif ($MyInvocation.PipelinePosition -lt $MyInvocation.PipelineLength) {
        # If the user still adds `| iex`, it evaluates this, which does nothing.
        '$null'
    }
}

Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock {
    param($word, $command, $position)
    $before = @($command.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } |
            ForEach-Object { $_.Extent.Text })
    $program = Get-Command -Name awsmfa -CommandType Application | Select-Object -First 1
    & $program complete --shell powershell "--word=$word" '--' @before 2>$null | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}

# For a prompt. Prints the session and the time left, or with -v sets the variable awsmfa_prompt.
function global:awsmfa_prompt {
    param([switch] $v)
    $piece = if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
        awsmfa status --format prompt
    } elseif ($env:AWSMFA_KEY_ID -and $env:AWS_ACCESS_KEY_ID -ceq $env:AWSMFA_KEY_ID -and
        $env:AWS_SECRET_ACCESS_KEY -and $env:AWS_SESSION_TOKEN -and $env:AWSMFA_EXPIRES -cmatch '^[0-9]{1,18}$') {
        $name = $env:AWSMFA_PROMPT_NAME -creplace '[^\p{L}\p{M}\p{N}_.@+=,/ -]', '_'
        $left = [long]$env:AWSMFA_EXPIRES - [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() - 1
        $hours = [Math]::Floor($left / 3600)
        $minutes = [Math]::Floor($left % 3600 / 60)
        $time = if ($hours -gt 0) { "${hours}h" }
        if ($minutes -gt 0) { $time += "${minutes}m" }
        if ($left -lt 60) { $time = "${left}s" }
        if ($left -lt 0) { "$name expired!" } else { "$name $time$(if ($left -lt 900) { '!' })" }
    }
    if ($v) { $global:awsmfa_prompt = "$piece" } else { $piece }
}
