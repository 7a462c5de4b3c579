# The function awsmfa for fish: `awsmfa env` and `awsmfa unset` act on the calling shell, everything else
# goes to the program.
function awsmfa --description 'AWS sessions by MFA'
    if not contains -- "$argv[1]" env unset
        command awsmfa $argv
        return
    end
    for word in $argv
        switch $word
            # With --shell or --help the user wants to see the output.
            case -h --help '-s*' --shell '--shell=*' --print-secrets
                command awsmfa $argv
                return
        end
    end
    # A trace would show the secrets.
    set -l fish_trace
    command awsmfa $argv[1] --shell fish $argv[2..-1] | source
    set -l codes $pipestatus
    test $codes[1] -eq 0; and set codes $codes[2]
    # A line that evaluates what this prints fails, too.
    test $codes[1] -eq 0; or isatty stdout; or echo 'false;'
    return $codes[1]
end

# For a prompt. Prints the session and the time left, or with -v sets the variable awsmfa_prompt.
function awsmfa_prompt --description 'The AWS session in this shell, for a prompt'
    if test "$argv[1]" = -v
        set -g awsmfa_prompt (command awsmfa status --format prompt)
    else
        command awsmfa status --format prompt
    end
    return 0
end

function _awsmfa_complete
    set -l word (commandline --current-token)
    command awsmfa complete "--word=$word" -- (commandline --current-process --tokenize --cut-at-cursor) 2>/dev/null
end

# After -- there is a command with its own arguments.
function _awsmfa_complete_command
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l dashes (contains --index -- -- $words); or return
    set -e words[1..$dashes]
    complete --do-complete (string join ' ' -- (string escape -- $words) (commandline --current-token --cut-at-cursor))
end

complete --command awsmfa --no-files --keep-order --arguments '(_awsmfa_complete)'
complete --command awsmfa --force-files --arguments '(_awsmfa_complete_command)' \
    --condition 'contains -- -- (commandline --current-process --tokenize --cut-at-cursor)'
