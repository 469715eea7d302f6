//! The commands of a script, for any POSIX shell.

use super::Array;
use crate::shell;

/// Changes to the directory and does the shards of one task.
///
/// A task with one shard is replaced by its process, so that signals reach it directly. A task with several is a shell, which passes on the
/// signal that it should end and then begins no more shards.
pub(super) fn body(array: &Array, index: &str, tasks: u32) -> String {
    let command = array.command.iter().map(shell::word).collect::<Vec<_>>().join(" ");
    let shards = array.shards;
    let work = match shards > tasks {
        false => format!("exec {command} \"${index}\"\n"),
        true => format!(
            "\
# More shards than tasks: each task does one of every {tasks}, until it is told to end.
shard=${index} status=0 told= running=
trap 'told=yes; kill \"$running\" 2>/dev/null' INT TERM USR2
while [ \"$shard\" -le {shards} ] && [ -z \"$told\" ]; do
    {command} \"$shard\" &
    running=$!
    [ -z \"$told\" ] || kill \"$running\"
    wait \"$running\"
    result=$?
    # A signal ends the wait, not the shard.
    while kill -0 \"$running\" 2>/dev/null; do
        wait \"$running\"
        result=$?
    done
    [ \"$result\" -eq 0 ] || status=$result
    shard=$((shard + {tasks}))
done
exit \"$status\"
"
        ),
    };
    format!("cd {} || exit\n{work}", shell::word(&array.dir))
}
