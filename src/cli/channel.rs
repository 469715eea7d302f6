//! What a process that simulates sends to the process that started it: frames, each a line of JSON.
//!
//! Frames go through the pipe that was its standard output. A simulated core is a program and may print there; so from the beginning its
//! standard output is redirected to its standard error, and only this module has the pipe. The last frame carries a word that the other
//! process has made up. So output that ends in any other way is no result.

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

/// A message.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Frame {
    /// Text for standard output.
    Out(String),
    /// A line for standard error.
    Say(String),
    /// The progress of the work.
    Progress { message: String, position: u64, length: Option<u64>, unit: String },
    /// The work whose progress was sent is done.
    Done,
    /// The process is alive. It has been in the same call into the design for this number of beats, this one included.
    Beat(u32),
    /// The last frame: the exit status, and the word.
    End { status: u8, word: String },
}

impl Frame {
    /// Reads frames to the end, or to the first line that is no frame.
    pub(super) fn read_all(source: impl BufRead) -> impl Iterator<Item = Frame> {
        source.lines().map_while(|line| serde_json::from_str(&line.ok()?).ok())
    }
}

/// The environment variable that says that this process simulates for another one. Its value is the word.
pub(super) const VARIABLE: &str = "SILICABAC_SIMULATES";

/// The time between two beats.
pub(super) const BEAT: Duration = Duration::from_millis(250);

/// The pipe to the process that started this one.
#[derive(Debug)]
pub(super) struct Channel {
    sink: Mutex<Sink>,
    word: String,
}

#[derive(Debug)]
struct Sink {
    file: File,
    /// Text for standard output that has not been sent yet. It is collected, since it comes in many small pieces.
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
/// The system's, if there are no more file descriptors.
pub(super) fn open() -> io::Result<()> {
    let Ok(word) = env::var(VARIABLE) else { return Ok(()) };
    let sink = Sink { file: File::from(io::stdout().as_fd().try_clone_to_owned()?), text: String::new() };
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    let channel = CHANNEL.get_or_init(|| Channel { sink: Mutex::new(sink), word });
    thread::spawn(|| {
        let mut watch = Watch::default();
        // Without the other process nobody takes the result, so this process ends too.
        while channel.send(&Frame::Beat(watch.look())).is_ok() {
            thread::sleep(BEAT);
        }
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    });
    Ok(())
}

impl Channel {
    /// Sends a frame.
    ///
    /// # Errors
    /// Those of writing, if the other process is gone.
    pub(super) fn send(&self, frame: &Frame) -> io::Result<()> {
        self.lock().send(frame)
    }

    /// Sends text for standard output.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(super) fn out(&self, text: &str) -> io::Result<()> {
        let mut sink = self.lock();
        sink.text += text;
        if sink.text.len() < 1 << 16 { Ok(()) } else { sink.send_text() }
    }

    /// Sends the last frame.
    pub(super) fn end(&self, status: u8) {
        let mut sink = self.lock();
        // If the other process is gone, nobody waits for this frame.
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
