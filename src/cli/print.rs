//! All that the command says: results on standard output, messages on standard error, progress on a terminal.
//!
//! Nothing else prints (clippy sees to that), so three things hold for the whole command. No control character of a file, a
//! name or a simulated core reaches a terminal: it is shown as `\u001b`, which is right in JSON too. A standard error
//! that is closed or full stops nothing. And in a process that simulates for another one, all of it is sent to that one.

use std::{
    borrow::Cow,
    fmt::{Display, Write as _},
    io::{self, BufWriter, IsTerminal, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    Failure,
    channel::{self, Frame},
    output::Refused,
};

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Human,
    Json,
}

/// How to print a verdict on cores, also for build servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    Human,
    Json,
    Junit,
}

/// JUnit's XML of one test suite.
pub(super) fn junit(suite: quick_junit::TestSuite) -> String {
    let mut report = quick_junit::Report::new("silicabac");
    report.add_test_suite(suite);
    // Writing to a string fails only if a time is out of range, and none is.
    report.to_string().unwrap_or_default()
}

/// Results, for standard output. The reader may have seen enough, as with `silicabac ... | head`; that changes no verdict, so an error is
/// to be given to [`unless_closed`].
pub(super) fn out() -> impl Write {
    Out
}

struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = printable(&String::from_utf8_lossy(bytes)).into_owned();
        match channel::get() {
            Some(channel) => channel.out(&text)?,
            None => io::stdout().write_all(text.as_bytes())?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// Standard output for what is no text, unless a terminal would show it.
pub(super) fn binary_out() -> io::Result<impl Write> {
    if io::stdout().is_terminal() {
        return Err(Refused::Terminal.into());
    }
    Ok(BufWriter::new(io::stdout().lock()))
}

/// A number of things: "1 class", "2 classes".
pub(super) fn counted(number: usize, one: &str) -> String {
    let plural = if one.ends_with('s') { "es" } else { "s" };
    format!("{number} {one}{}", if number == 1 { "" } else { plural })
}

/// One line of a result.
pub(super) fn line(text: impl Display) -> Result<(), Failure> {
    unless_closed(writeln!(out(), "{text}"))
}

/// A reader that has closed the pipe has seen enough; that is no failure.
pub(super) fn unless_closed(printed: io::Result<()>) -> Result<(), Failure> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Print(error)),
        _ => Ok(()),
    }
}

/// A message, for standard error.
pub(super) fn say(message: impl Display) {
    let message = message.to_string();
    let text = printable(&message);
    let sent = match channel::get() {
        Some(channel) => channel.send(&Frame::Say(text.into_owned())),
        None => writeln!(io::stderr(), "{text}"),
    };
    // If standard error cannot be written, the message is lost.
    let _ = sent;
}

/// The text with escapes in place of characters that change the direction of writing, and of control characters other than line breaks and
/// tabs.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_harmful(c) {
            // Writing to a string cannot fail.
            true => drop(write!(shown, "\\u{:04x}", u32::from(c))),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The progress of long work: a bar on a terminal, nothing elsewhere.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    unit: &'static str,
    /// When progress was last sent to the other process, in milliseconds after [`SINCE`].
    told: AtomicU64,
}

/// What [`Progress`] counts from.
static SINCE: Mutex<Option<Instant>> = Mutex::new(None);

/// Progress is not sent to the other process more often than this.
const OFTEN: Duration = Duration::from_millis(100);

impl Progress {
    /// A bar of this number of units of work, whose name is in the plural.
    pub(super) fn new(total: u64, unit: &'static str) -> Progress {
        Progress { bar: bar(Some(total), unit), unit, told: AtomicU64::new(0) }
    }

    /// Shows a message while work of unknown length goes on.
    pub(super) fn while_at<T>(message: &str, work: impl FnOnce() -> T) -> T {
        let progress = Progress { bar: bar(None, ""), unit: "", told: AtomicU64::new(0) };
        progress.set_message(message);
        let result = work();
        progress.finish();
        result
    }

    /// Counts further units as done.
    pub(super) fn inc(&self, units: u64) {
        self.bar.inc(units);
        if channel::get().is_some() {
            let mut since = SINCE.lock().unwrap_or_else(PoisonError::into_inner);
            let now = since.get_or_insert_with(Instant::now).elapsed().as_millis() as u64 + 1;
            drop(since);
            if now >= self.told.load(Ordering::Relaxed) + OFTEN.as_millis() as u64 {
                self.told.store(now, Ordering::Relaxed);
                self.tell();
            }
        }
    }

    /// Says what is being done.
    pub(super) fn set_message(&self, message: &str) {
        self.bar.set_message(printable(message).into_owned());
        self.tell();
    }

    /// A message, while the bar stays below it.
    pub(super) fn say(&self, message: impl Display) {
        self.bar.suspend(|| say(message));
    }

    /// Removes the bar after the work is done.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        if let Some(channel) = channel::get() {
            let _ = channel.send(&Frame::Done);
        }
    }

    /// Sends the progress to the other process, if this one simulates for another.
    fn tell(&self) {
        if let Some(channel) = channel::get() {
            let (message, position, length) = (self.bar.message(), self.bar.position(), self.bar.length());
            let _ = channel.send(&Frame::Progress { message, position, length, unit: self.unit.into() });
        }
    }
}

/// A bar, or a spinner if the length is not known.
pub(super) fn bar(length: Option<u64>, unit: &str) -> ProgressBar {
    let Some(length) = length else {
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(OFTEN);
        return spinner;
    };
    let template = format!("{{msg:14}} [{{wide_bar}}] {{human_pos}}/{{human_len}} {unit} {{eta}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_is_shown_and_not_done() {
        assert_eq!(printable("a tensor\t1\n"), "a tensor\t1\n");
        assert_eq!(printable("\x1b[2J\r\u{9b}1m\u{7f}"), "\\u001b[2J\\u000d\\u009b1m\\u007f");
        assert_eq!(printable("größer \u{202e}desrever"), "größer \\u202edesrever");
        let json = serde_json::to_string("\u{9b}\x1b").unwrap();
        assert_eq!(serde_json::from_str::<String>(&printable(&json)).unwrap(), "\u{9b}\x1b");
    }
}
