# fish completion for namesake, made by: namesake completion fish
complete -c namesake -f
{{commands}}{{options}}
