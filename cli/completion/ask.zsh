# Asks a real, interactive zsh what it completes.
#   zsh -f ask.zsh SETUP ANSWERS < lines
# SETUP is what a user would have in .zshrc. Matches go to ANSWERS as they are added, each line's after `== LINE`.
zmodload zsh/zpty zsh/zselect
export ASK_SETUP=$1 ASK_ANSWERS=$2
: > $ASK_ANSWERS

asked=$ASK_ANSWERS.zsh
cat > $asked <<'END'
PS1= PS2=
source $ASK_SETUP
bindkey '^I' complete-word
compadd() {
  local -a kept
  # With -O, -A or -D it only looks which words match.
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)* ]]; then
    builtin compadd -A kept "$@"
    (( ! $#kept )) || print -rl -- $kept >> $ASK_ANSWERS
  fi
  builtin compadd "$@"
}
said() { print -r -- '== end' >> $ASK_ANSWERS; comppostfuncs=(said) }
comppostfuncs=(said)
print -r -- '== ready' >> $ASK_ANSWERS
END

# Its screen is read as well, or it would wait for somebody to look.
wait_for() {
  repeat 1500; do
    [[ "$(tail -n 1 $ASK_ANSWERS)" == "$1" ]] && return
    while zpty -rt z screen; do :; done
    zselect -t 2
  done
  print -u2 "waited in vain for $1"
  exit 1
}

zpty -b z zsh -f -i
zpty -w z "source $asked"
wait_for '== ready'
while IFS= read -r line; do
  print -r -- "== $line" >> $ASK_ANSWERS
  zpty -w -n z "$line"$'\t'
  wait_for '== end'
  zpty -w -n z $'\C-u'
done
zpty -d z
