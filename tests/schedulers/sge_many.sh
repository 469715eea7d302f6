#!/bin/sh
#$ -N campaign-7-nights--sign-off-2
#$ -t 1-75000
#$ -r y
#$ -notify
#$ -S /bin/sh
#$ -cwd
#$ -V
#$ -j y
#$ -o logs/2.$TASK_ID.log
#$ -l h_rt=5580
#$ -l h_vmem=2748M
#$ -tc 300
#$ -hold_jid 17,18
#$ -q long.q
#$ -P video
trap '' USR1
cd '/scratch/it'\''s a "place" for $HOME & `others`\' || exit
# More shards than tasks: each task does one of every 75000, until it is told to end.
shard=$SGE_TASK_ID status=0 told= running=
trap 'told=yes; kill "$running" 2>/dev/null' INT TERM USR2
while [ "$shard" -le 200000 ] && [ -z "$told" ]; do
    /opt/silicabac work 'two words' 'it'\''s' '"$HOME"' '' '*' 'a\b' 'line
break' "$shard" &
    running=$!
    [ -z "$told" ] || kill "$running"
    wait "$running"
    result=$?
    # A signal ends the wait, not the shard.
    while kill -0 "$running" 2>/dev/null; do
        wait "$running"
        result=$?
    done
    [ "$result" -eq 0 ] || status=$result
    shard=$((shard + 75000))
done
exit "$status"
