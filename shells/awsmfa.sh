# The function awsmfa for bash, zsh, ksh and the other POSIX shells: `awsmfa env` and `awsmfa unset` act on
# the calling shell, everything else goes to the program.
# shellcheck shell=sh
#
# Backslashes bypass the user's aliases. Positional parameters take the place of variables, which the user
# may have made readonly, and which would stay in the shell.
_awsmfa_act() {
    # `set -x` and `set -v` would show the secrets.
    \set -- "$-" "$@"
    \set +vx
    # What the shell knows about subshells; in ksh some are not processes.
    # shellcheck disable=SC3028 # BASHPID is empty if the shell has none
    case ${KSH_VERSION-} in
    Version*) \eval '\set -- "$(($$ + .sh.subshell))" "$@"' ;;
    *) \set -- "${BASHPID-}" "$@" ;;
    esac
    # shellcheck disable=SC2015 # set does not fail
    \command awsmfa captured sh "$$" "$@" && \set -- 0 "$@" || \set -- "$?" "$@"
    case $1 in
    0)
        case ${KSH_VERSION-} in
        # Here `$(...)` is a file on disk.
        Version*) \eval '\. <(_awsmfa_statements "$@")' ;;
        *) \eval "$(_awsmfa_statements "$@")" ;;
        esac
        ;;
    # The first call printed for what captures this.
    3) \true ;;
    *) (\exit "$1") ;;
    esac
    \set -- "$?" "$3"
    case $2 in *v*) \set -v ;; esac
    case $2 in *x*) \set -x ;; esac
    \return "$1"
}

# The output of a failing call counts, too; if it has none, its status.
_awsmfa_statements() {
    \shift 3
    case $1 in
    env) \shift && \command awsmfa env --shell sh "$@" ;;
    *) \shift && \command awsmfa unset --shell sh "$@" ;;
    esac || \echo "(exit $?);"
}

# zsh reads everything before it runs any of it, so an alias would replace the function's name: hence eval.
\unalias awsmfa 2>/dev/null || \true
\eval 'awsmfa() {
    case ${1-} in
    env | unset) _awsmfa_act "$@" ;;
    *) \command awsmfa "$@" ;;
    esac
}'

# For a prompt. Prints the session and the time left, or with -v sets the variable awsmfa_prompt.
awsmfa_prompt() {
    # shellcheck disable=SC2034 # The user's prompt shows it.
    case ${1-} in
    -v) awsmfa_prompt=$(\command awsmfa status --format prompt) || \true ;;
    *) \command awsmfa status --format prompt || \true ;;
    esac
}
