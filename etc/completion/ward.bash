# Completion of ward for bash, made by `ward print completion`. Source it, or put it into
# /usr/share/bash-completion/completions/ward.
_ward() {
  local path="" words="" i
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
      " ack" | " add" | " admin" | " admin cosign" | " admin destroy" | " admin device" | " admin device certificate" | " admin device check" | " admin device lost" | " admin devices" | " admin give-keys" | " admin grant" | " admin invite" | " admin pending" | " admin renew" | " admin replace" | " admin revoke" | " admin turn" | " admin withdraw" | " answer" | " claim" | " conversations" | " duty" | " enrol" | " inbox" | " invite" | " login" | " logoff" | " open" | " print" | " recall" | " recovery-codes" | " registrar" | " registrar install" | " registrar request" | " release" | " save" | " search" | " second-factor" | " send" | " sent" | " status" | " thread" | " triage" | " watch") path="$path ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $before" in
    *" --level") mapfile -t COMPREPLY < <(compgen -W "now urgent today routine info" -- "$word"); return ;;
    *" --as" | *" --store" | *" --password-file" | *" --totp-file" | *" --user" | " enrol --invitation" | " enrol --code" | " logoff --device" | " second-factor --new-totp-file" | " invite --name" | " invite --further" | " invite --replacement" | " invite --class" | " invite --role" | " invite --history" | " invite --out" | " invite --request" | " invite --hours" | " registrar request --out" | " send --level" | " send --rules" | " send --file" | " answer --level" | " answer --rules" | " answer --file" | " inbox --role" | " triage --explain" | " triage --role" | " triage --rules" | " open --reason" | " save --file" | " save --to" | " search --from" | " search --with" | " search --since" | " search --until" | " watch --seconds" | " thread --rules" | " admin invite --name" | " admin invite --further" | " admin invite --replacement" | " admin invite --class" | " admin invite --role" | " admin invite --history" | " admin invite --out" | " admin invite --request" | " admin invite --hours" | " admin grant --until" | " admin grant --request" | " admin withdraw --request" | " admin revoke --reason" | " admin device lost --certificate" | " admin device certificate --out" | " admin renew --request" | " admin turn --request" | " admin replace --history" | " admin replace --out" | " admin replace --request" | " admin destroy --reason") return ;; # a value: bash offers files
  esac
  case "$path" in
    "") words="enrol login logoff recovery-codes second-factor status invite registrar conversations send answer inbox triage open save ack sent search recall claim release duty watch thread print admin add --help --as --store --password-file --totp-file --user --json" ;;
    " ack") words="--help" ;;
    " add") words="--help" ;;
    " admin") words="invite cosign grant withdraw revoke device renew turn replace give-keys devices pending destroy --help" ;;
    " admin cosign") words="--help --yes" ;;
    " admin destroy") words="--help --reason" ;;
    " admin device") words="lost certificate check --help" ;;
    " admin device certificate") words="--help --out" ;;
    " admin device check") words="--help" ;;
    " admin device lost") words="--help --certificate" ;;
    " admin devices") words="--help" ;;
    " admin give-keys") words="--help" ;;
    " admin grant") words="--help --until --request" ;;
    " admin invite") words="--help --name --further --replacement --class --role --history --out --request --hours" ;;
    " admin pending") words="--help" ;;
    " admin renew") words="--help --request" ;;
    " admin replace") words="--help --history --out --request" ;;
    " admin revoke") words="--help --reason" ;;
    " admin turn") words="--help --request" ;;
    " admin withdraw") words="--help --request" ;;
    " answer") words="--help --level --rules --file" ;;
    " claim") words="--help" ;;
    " conversations") words="--help" ;;
    " duty") words="--help" ;;
    " enrol") words="--help --invitation --code --further" ;;
    " inbox") words="--help --mine --unassigned --role" ;;
    " invite") words="--help --name --further --replacement --class --role --history --out --request --hours" ;;
    " login") words="--help" ;;
    " logoff") words="--help --device" ;;
    " open") words="--help --reason" ;;
    " print") words="--help" ;;
    " recall") words="--help" ;;
    " recovery-codes") words="--help" ;;
    " registrar") words="request install --help" ;;
    " registrar install") words="--help" ;;
    " registrar request") words="--help --out" ;;
    " release") words="--help" ;;
    " save") words="--help --file --to" ;;
    " search") words="--help --from --with --since --until --texts" ;;
    " second-factor") words="--help --new-totp-file" ;;
    " send") words="--help --level --rules --file" ;;
    " sent") words="--help" ;;
    " status") words="--help" ;;
    " thread") words="--help --rules" ;;
    " triage") words="--help --jsonl --explain --role --rules" ;;
    " watch") words="--help --seconds --once" ;;
  esac
  [ -z "$path" ] || words="$words --as --store --password-file --totp-file --user --json"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _ward ward ./ward
