# awsmfa_prompt for bash, zsh and ksh without a process: the text of `awsmfa status --format prompt`, from
# the bookkeeping and the shell's clock. `awsmfa_prompt -v` sets the variable awsmfa_prompt.
# shellcheck shell=bash disable=SC2317

# Sets awsmfa_prompt to the time, in seconds since 1970.
if [[ -n ${ZSH_VERSION-} ]]; then
    zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || true
    eval '_awsmfa_now() { awsmfa_prompt=${EPOCHSECONDS-}; }'
elif [[ -n ${BASH_VERSION-} ]]; then
    # The bash of macOS has no clock.
    eval "_awsmfa_now() { printf -v awsmfa_prompt '%(%s)T' -1 2>/dev/null || awsmfa_prompt=; }"
else
    eval "_awsmfa_now() { awsmfa_prompt=\${ printf '%(%s)T' now; }; }"
fi

_awsmfa_now
if [[ -n $awsmfa_prompt && $awsmfa_prompt != *[!0-9]* ]]; then
    awsmfa_prompt() {
        set -- "${1-}" "${AWSMFA_EXPIRES-}"
        # Others can set the variables, so neither arithmetic nor a prompt may run what is in them.
        if [[ -z ${AWSMFA_KEY_ID:+${AWS_SECRET_ACCESS_KEY:+${AWS_SESSION_TOKEN:+set}}} ||
            ${AWS_ACCESS_KEY_ID-} != "$AWSMFA_KEY_ID" || -z $2 || $2 == *[!0-9]* ]]; then
            awsmfa_prompt=
        else
            _awsmfa_now
            # The clock shows full seconds, and the present one has begun.
            set -- "$1" "$((10#$2 - awsmfa_prompt - 1))" "${AWSMFA_PROMPT_NAME-}"
            awsmfa_prompt=${3//[\]\[\!\"\#\$\%\&\'\(\)\*:\;\<\>\?\\\^\`\{\|\}\~[:cntrl:]]/_}
            if (($2 < 0)); then
                awsmfa_prompt="$awsmfa_prompt expired!"
            elif (($2 < 60)); then
                awsmfa_prompt="$awsmfa_prompt ${2}s!"
            elif (($2 < 900)); then
                awsmfa_prompt="$awsmfa_prompt $(($2 / 60))m!"
            elif (($2 < 3600)); then
                awsmfa_prompt="$awsmfa_prompt $(($2 / 60))m"
            elif (($2 % 3600 < 60)); then
                awsmfa_prompt="$awsmfa_prompt $(($2 / 3600))h"
            else
                awsmfa_prompt="$awsmfa_prompt $(($2 / 3600))h$(($2 % 3600 / 60))m"
            fi
        fi
        [[ $1 == -v || -z $awsmfa_prompt ]] || printf '%s\n' "$awsmfa_prompt"
    }
fi
unset awsmfa_prompt
