/** The shells that there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

// Each asks `cnd __complete` with the words up to the cursor, so that what is offered is what this cnd really has. Lines
// are VALUE or VALUE<tab>MEANING; `:files` and `:directories` leave it to the shell.

const bash = `# Completion of cnd for bash. In ~/.bashrc: eval "$(cnd completion bash)"
_cnd() {
  local line value current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == '=' ]] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files)
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current")
        ;;
      :directories)
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current")
        ;;
      *)
        value=\${line%%$'\\t'*}
        # To bash, what follows = is a word of its own.
        [[ $value == --*=* ]] && value=\${value#*=}
        COMPREPLY+=("$value")
        ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _cnd cnd
`;

const zsh = `#compdef cnd
# Completion of cnd for zsh. In ~/.zshrc, after compinit: eval "$(cnd completion zsh)"
_cnd() {
  local line value
  local -a values displays
  while IFS= read -r line; do
    case $line in
      :files) _files; return ;;
      :directories) _files -/; return ;;
    esac
    value=\${line%%$'\\t'*}
    values+=("$value")
    if [[ $line == *$'\\t'* ]]; then
      displays+=("\${(r:22:)value}  \${line#*$'\\t'}")
    else
      displays+=("$value")
    fi
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  compadd -l -d displays -- "\${values[@]}"
}
if [[ \${funcstack[1]} == _cnd ]]; then _cnd "$@"; else compdef _cnd cnd; fi
`;

const fish = `# Completion of cnd for fish. In ~/.config/fish/config.fish: cnd completion fish | source
function __cnd_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path (commandline -ct)
      case :directories
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c cnd -f -a '(__cnd_complete)'
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };

/** The script for a shell. Pure. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}
