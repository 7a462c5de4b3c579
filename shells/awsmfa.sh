# The function awsmfa for bash, zsh, ksh and the other shells of POSIX's grammar:
# `awsmfa env` and `awsmfa unset` act on the shell that calls them, all else goes to the program.
# shellcheck shell=sh
#
# Backslashes keep the user's aliases out, and the positional parameters stand in for helper
# variables, which would stay behind.
\unalias awsmfa 2>/dev/null || \true
awsmfa() {
    case ${1-} in
    env | unset) ;;
    *)
        \command awsmfa "$@"
        \return
        ;;
    esac
    # Whoever names the shell, or asks for help, wants to see what is printed.
    if (
        for word in "$@"; do
            case $word in
            -h | --help | -s* | --shell | --shell=* | --print-secrets) \exit 0 ;;
            esac
        done
        \exit 1
    ); then
        \command awsmfa "$@"
        \return
    fi
    # `set -x` and `set -v` would show the secrets.
    \set -- "$-" "$@"
    \set +vx
    \eval "$(
        verb=$2
        \shift 2
        # What a failing call prints counts as well; the status, if it could print nothing.
        \command awsmfa "$verb" --shell sh "$@" || \echo "(exit $?);"
    )"
    \set -- "$?" "$1"
    case $2 in *v*) \set -v ;; esac
    case $2 in *x*) \set -x ;; esac
    \return "$1"
}
