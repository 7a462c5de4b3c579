# Completions for bash.
_awsmfa_complete() {
    local IFS=$'\n' word index
    local -a words=()
    for index in "${!COMP_WORDS[@]}"; do
        [[ $index -lt $COMP_CWORD && ${COMP_WORDS[index]} == -- ]] || continue
        if declare -F _command_offset >/dev/null; then
            _command_offset $((index + 1))
        elif ((COMP_CWORD == index + 1)); then
            # shellcheck disable=SC2207 # mapfile is not in the bash of macOS
            COMPREPLY=($(compgen -c -- "$2"))
        fi
        return
    done
    for word in "${COMP_WORDS[@]:0:COMP_CWORD}"; do
        # Readline splits --shell=fish into three words.
        [[ $word == '=' ]] || words+=("$word")
    done
    # shellcheck disable=SC2207 # mapfile is not in the bash of macOS
    COMPREPLY=($(command awsmfa complete --shell bash --word "${2#=}" -- "${words[@]}" 2>/dev/null))
    # Bash would insert the help with the candidate.
    for index in "${!COMPREPLY[@]}"; do
        COMPREPLY[index]=${COMPREPLY[index]%%$'\t'*}
    done
}
complete -o bashdefault -o default -F _awsmfa_complete awsmfa
