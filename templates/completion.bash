# bash completion for namesake, made by: namesake completion bash
_namesake() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' words='' i

    # "--color=au" is three words here: the option, "=" and the value.
    if [[ $word == = ]]; then
        word=''
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        {{pattern}})
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    COMPREPLY=()
    case $before in
{{values}}    esac
    if [[ $word == -* ]]; then
        case $command in
{{options}}        esac
    else
        case $command in
{{arguments}}        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _namesake namesake
