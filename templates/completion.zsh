#compdef namesake
# zsh completion for namesake, made by: namesake completion zsh
_namesake() {
    local -a commands specs
    local command='' word

    commands=(
{{commands}}    )
    for word in ${words[2,CURRENT-1]}; do
        case $word in
        ({{pattern}})
            command=$word
            break
            ;;
        esac
    done
    case $command in
{{options}}    esac
    [[ -n $command ]] || specs+=('1:command:{_describe command commands}')
    _arguments -S $specs
}
if [[ ${funcstack[1]} == _namesake ]]; then
    _namesake "$@"
else
    compdef _namesake namesake
fi
