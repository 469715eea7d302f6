//! What a process that simulates tells the one that started it: frames, a line of JSON each.
//!
//! Frames go through what was its standard output. Verilog is a program, and may print there; so from the beginning on
//! its standard output is where its standard error is, and only this room knows the way to the other process. The last
//! frame carries a word that the other process has made up, so that what ends in any other way is no result.

use std::{
    env,
    fs::File,
    io::{self, BufRead, Write},
    mem,
    os::fd::AsFd,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use silicabac_sim::Watch;

/// One thing that is told.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Frame {
    /// Text for standard output.
    Out(String),
    /// A line for standard error.
    Say(String),
    /// How far the work has come.
    Progress { message: String, position: u64, length: Option<u64>, unit: String },
    /// That work is done.
    Done,
    /// The process is alive. It has been in the same call into the design for this number of beats, this one included.
    Beat(u32),
    /// All has been told: the exit status, and the word.
    End { status: u8, word: String },
}

impl Frame {
    /// Reads frames until there are no more. What is no frame ends them.
    pub(super) fn read_all(source: impl BufRead) -> impl Iterator<Item = Frame> {
        source.lines().map_while(|line| serde_json::from_str(&line.ok()?).ok())
    }
}

/// The variable of the environment that says that this process simulates for another, and the word.
pub(super) const VARIABLE: &str = "SILICABAC_SIMULATES";

/// How often a process that simulates says that it lives.
pub(super) const BEAT: Duration = Duration::from_millis(250);

/// The way to the process that started this one.
#[derive(Debug)]
pub(super) struct Channel {
    sink: Mutex<Sink>,
    word: String,
}

#[derive(Debug)]
struct Sink {
    file: File,
    /// Text for standard output that has not been told yet: it comes in many small pieces.
    text: String,
}

static CHANNEL: OnceLock<Channel> = OnceLock::new();

/// The channel, in a process that simulates for another.
pub(super) fn get() -> Option<&'static Channel> {
    CHANNEL.get()
}

/// Opens the channel if the environment says that this process simulates for another.
///
/// # Errors
/// Those of the system, which has no more file descriptors.
pub(super) fn open() -> io::Result<()> {
    let Ok(word) = env::var(VARIABLE) else { return Ok(()) };
    let sink = Sink { file: File::from(io::stdout().as_fd().try_clone_to_owned()?), text: String::new() };
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    let channel = CHANNEL.get_or_init(|| Channel { sink: Mutex::new(sink), word });
    thread::spawn(|| {
        let mut watch = Watch::default();
        // Nobody needs a result that nobody takes: without the other process this one ends too.
        while channel.send(&Frame::Beat(watch.look())).is_ok() {
            thread::sleep(BEAT);
        }
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    });
    Ok(())
}

impl Channel {
    /// Tells one thing.
    ///
    /// # Errors
    /// Those of writing, when the other process is gone.
    pub(super) fn send(&self, frame: &Frame) -> io::Result<()> {
        self.lock().send(frame)
    }

    /// Tells text for standard output.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(super) fn out(&self, text: &str) -> io::Result<()> {
        let mut sink = self.lock();
        sink.text += text;
        if sink.text.len() < 1 << 16 { Ok(()) } else { sink.send_text() }
    }

    /// Tells the last thing.
    pub(super) fn end(&self, status: u8) {
        let mut sink = self.lock();
        // If the other process is gone, nobody misses it.
        let _ = sink.send_text().and_then(|()| sink.send(&Frame::End { status, word: self.word.clone() }));
    }

    fn lock(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    fn send_text(&mut self) -> io::Result<()> {
        let text = mem::take(&mut self.text);
        self.send(&Frame::Out(text))
    }

    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        let mut line = serde_json::to_vec(frame)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}
