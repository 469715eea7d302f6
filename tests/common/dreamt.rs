//! Directories of made-up streams, and what a decoder makes of them.

use std::{path::Path, process::Output};

use super::{command, expect};

/// The decoder that is asked: it says nothing unless something is wrong, and gives up then.
pub const FFMPEG: &str = "ffmpeg -v warning -threads 1 -xerror -err_detect explode -f h264 -i {} -fps_mode passthrough -f framemd5 - 2>{}.err && test ! -s {}.err";

/// So many streams from seed 1 on.
pub fn dreams(dir: &Path, count: u32, others: &[&str]) {
    let mut command = command();
    command.args(["stream", "dream", "--seed=1", &format!("--count={count}"), "-o"]).arg(dir).args(others);
    expect(&command.output().unwrap(), 0, &[&format!("{count} streams of {count} seeds from 1 on")]);
}

pub fn judge(dir: &Path, decoder: &str, others: &[&str]) -> Output {
    command().args(["stream", "judge"]).arg(dir).args(["--decoder", decoder]).args(others).output().unwrap()
}
