# The function awsmfa for bash, zsh, ksh and the other shells of POSIX's grammar:
# `awsmfa env` and `awsmfa unset` act on the shell that calls them; all else goes to the program.
# shellcheck shell=sh
#
# Backslashes keep the user's aliases out. The positional parameters replace variables, which the user may
# have made readonly, and which would stay behind.
_awsmfa_act() {
    # `set -x` and `set -v` would show the secrets.
    \set -- "$-" "$@"
    \set +vx
    # What the shell knows about subshells; in ksh some are no process of their own.
    # shellcheck disable=SC3028 # BASHPID is empty where the shell has none
    case ${KSH_VERSION-} in
    Version*) \eval '\set -- "$(($$ + .sh.subshell))" "$@"' ;;
    *) \set -- "${BASHPID-}" "$@" ;;
    esac
    # shellcheck disable=SC2015 # set does not fail
    \command awsmfa captured sh "$$" "$@" && \set -- 0 "$@" || \set -- "$?" "$@"
    case $1 in
    0) (\shift 3 && \command awsmfa "$@") ;;
    3)
        case ${KSH_VERSION-} in
        # Here `$(...)` is a file on disk.
        Version*) \eval '\. <(_awsmfa_statements "$@")' ;;
        *) \eval "$(_awsmfa_statements "$@")" ;;
        esac
        ;;
    *) (\exit "$1") ;;
    esac
    \set -- "$?" "$3"
    case $2 in *v*) \set -v ;; esac
    case $2 in *x*) \set -x ;; esac
    \return "$1"
}

# What a failing call prints counts as well; the status, if it could print nothing.
_awsmfa_statements() {
    \shift 3
    case $1 in
    env) \shift && \command awsmfa env --shell sh "$@" ;;
    *) \shift && \command awsmfa unset --shell sh "$@" ;;
    esac || \echo "(exit $?);"
}

# An alias would take the place of the function's name where that is read before it is gone, as in zsh.
\unalias awsmfa 2>/dev/null || \true
\eval 'awsmfa() {
    case ${1-} in
    env | unset) _awsmfa_act "$@" ;;
    *) \command awsmfa "$@" ;;
    esac
}'
