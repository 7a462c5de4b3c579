# Completions for zsh, if its completion system is loaded.
_awsmfa_complete() {
    local -a lines values shown
    local dashes=${words[(i)--]}
    if (( dashes < CURRENT )); then
        words=("${(@)words[dashes + 1,-1]}")
        (( CURRENT -= dashes ))
        _normal
        return
    fi
    lines=("${(@f)$(command awsmfa complete --word "${(Q)PREFIX}" -- "${(@Q)words[1,CURRENT-1]}" 2>/dev/null)}")
    if [[ -z ${lines[1]} ]]; then
        _default
        return
    fi
    values=("${(@)lines%%$'\t'*}")
    shown=("${(@)lines/$'\t'/  -- }")
    compadd -l -d shown -a values
}
if (( ${+functions[compdef]} )); then
    compdef _awsmfa_complete awsmfa
else
    # compinit may come later in .zshrc.
    _awsmfa_compdef() {
        emulate -L zsh
        precmd_functions=(${precmd_functions:#_awsmfa_compdef})
        if (( ${+functions[compdef]} )); then
            compdef _awsmfa_complete awsmfa
        fi
    }
    precmd_functions+=(_awsmfa_compdef)
fi
