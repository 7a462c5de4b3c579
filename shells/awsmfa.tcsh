# awsmfa for tcsh, sourced by the alias awsmfa: `awsmfa env` and `awsmfa unset` act on the calling shell,
# everything else goes to the program.
set awsmfa_evaluated = 0
if ($#argv) then
    if ("$argv[1]" == env || "$argv[1]" == unset) set awsmfa_evaluated = 1
    foreach awsmfa_word ($argv:q)
        # With --shell or --help the user wants to see the output.
        switch ("$awsmfa_word")
        case -h:
        case --help:
        case -s*:
        case --shell:
        case --shell=*:
        case --print-secrets:
            set awsmfa_evaluated = 0
        endsw
    end
    unset awsmfa_word
endif
if ($awsmfa_evaluated) then
    # `set echo` and `set verbose` would show the secrets, and statements must not be globbed.
    set awsmfa_options = ($?echo $?verbose $?noglob)
    unset echo verbose
    set noglob
    # A backquote between quotation marks would split the arguments.
    eval `\awsmfa $argv[1]:q --shell tcsh $argv[2-]:q`
    set awsmfa_status = $status
    if (! $awsmfa_options[3]) unset noglob
    if ($awsmfa_options[2]) set verbose
    if ($awsmfa_options[1]) set echo
    unset awsmfa_options
else
    \awsmfa $argv:q
    set awsmfa_status = $status
endif
eval "unset awsmfa_evaluated awsmfa_status; /bin/sh -c 'exit $awsmfa_status'"
