//! A protobuf that is written anew around its tensors, because the number of bytes that their data takes can change, and with it the lengths
//! of all messages around the data.
//!
//! Invariant: what is not cut out comes back as it was, and every length that was cut out comes back right and as short as it can be. So if
//! the lengths in the file were as short, and nothing was put in, the file comes back byte for byte.
//!
//! Data whose length is known beforehand is passed through. Data that is packed as it comes (`halves`) has to wait in a temporary file
//! until the length of the first message is known, because nothing can be inserted into a sink afterwards.
//!
//! Layout, numbers as varints: how many tensors; for each tensor twice the length of the gap before it, plus one if it is packed; how many
//! lengths; for each length the distance of its place in the gaps from the place before, and how many bytes of gaps it covers; all gaps.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use super::cut::check_skeleton;
use super::halves::Packer;
use super::source::Source;
use super::wire::{self, Message};
use super::{ModelError, TensorInfo};
use crate::files;

/// The first byte of a skeleton of this kind.
pub(super) const NESTED: u8 = 3;

/// Bytes of the file that are taken out, and what takes their place.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) at: u64,
    pub(super) removed: u64,
    pub(super) put: Put,
}

#[derive(Debug)]
pub(super) enum Put {
    /// The length of everything from here to `end`.
    Length { end: u64 },
    /// The data of the next tensor.
    Data { is_packed: bool },
    /// These bytes.
    Text(&'static [u8]),
}

impl Cut {
    /// The length before a run. The varint begins after the last byte below 0x80 that is not its own last byte: every varint ends with such
    /// a byte, and so does the tag before it.
    pub(super) fn length(source: &mut Source, run: Message) -> Result<Cut, ModelError> {
        let from = run.begin.saturating_sub(10);
        let mut there = Vec::new();
        source.append(from, run.begin - from, &mut there)?;
        let more = there.iter().rev().skip(1).take_while(|&&byte| byte >= 0x80).count() as u64;
        let removed = (more + 1).min(run.begin);
        Ok(Cut { at: run.begin - removed, removed, put: Put::Length { end: run.end } })
    }
}

/// The skeleton of a file. Cuts are in order, nested as messages are, and have the tensors in order. A replacement comes where the cut
/// begins.
pub(super) fn skeleton(source: &mut Source, cuts: &[Cut]) -> Result<Vec<u8>, ModelError> {
    let put = |cut: &Cut| if let Put::Text(text) = cut.put { text.len() as u64 } else { 0 };
    let bytes = source.length() + cuts.iter().map(put).sum::<u64>();
    let bytes = bytes.saturating_sub(cuts.iter().map(|cut| cut.removed).sum());
    check_skeleton(bytes)?;
    let mut builder = Builder { source, at: 0, gaps: Vec::new(), lengths: Vec::new(), open: Vec::new() };
    let mut tensors = Vec::new();
    for cut in cuts {
        builder.go(cut.at)?;
        builder.at = builder.at.max(cut.at + cut.removed);
        match &cut.put {
            Put::Text(text) => builder.gaps.extend(*text),
            Put::Data { is_packed } => tensors.push((builder.gaps.len(), *is_packed)),
            Put::Length { end } => {
                builder.open.push((builder.lengths.len(), *end));
                builder.lengths.push((builder.gaps.len(), 0));
            }
        }
    }
    let end = builder.source.length();
    builder.go(end)?;
    let Builder { gaps, lengths, .. } = builder;

    let mut skeleton = vec![NESTED];
    wire::put(tensors.len() as u64, &mut skeleton);
    let mut before = 0;
    for (at, is_packed) in tensors {
        wire::put((at - before) as u64 * 2 + u64::from(is_packed), &mut skeleton);
        before = at;
    }
    wire::put(lengths.len() as u64, &mut skeleton);
    let mut before = 0;
    for (begin, end) in lengths {
        wire::put((begin - before) as u64, &mut skeleton);
        wire::put((end - begin) as u64, &mut skeleton);
        before = begin;
    }
    check_skeleton((skeleton.len() + gaps.len()) as u64)?;
    skeleton.extend(gaps);
    Ok(skeleton)
}

struct Builder<'a> {
    source: &'a mut Source,
    /// How much of the file has been taken.
    at: u64,
    gaps: Vec<u8>,
    /// Where each length is in the gaps, and where in the gaps the part that it covers ends.
    lengths: Vec<(usize, usize)>,
    /// Lengths whose part has not ended yet, and where in the file it ends.
    open: Vec<(usize, u64)>,
}

impl Builder<'_> {
    /// Takes everything up to a place in the file, and notes the lengths whose part ends on the way.
    fn go(&mut self, to: u64) -> Result<(), ModelError> {
        while let Some((length, end)) = self.open.pop_if(|(_, end)| *end <= to) {
            self.take(end)?;
            self.lengths[length].1 = self.gaps.len();
        }
        self.take(to)
    }

    fn take(&mut self, to: u64) -> Result<(), ModelError> {
        let length = to.saturating_sub(self.at);
        self.source.append(self.at, length, &mut self.gaps)?;
        self.at += length;
        Ok(())
    }
}

/// A length that is to be written.
#[derive(Debug)]
struct Length {
    /// Where it is in the gaps, and where in the gaps the part that it covers ends.
    begin: usize,
    end: usize,
    value: u64,
}

/// A tensor between the gaps.
#[derive(Debug)]
struct Piece {
    /// How many bytes of gaps are before it.
    at: usize,
    is_packed: bool,
    /// How many bytes its data takes.
    taken: u64,
}

/// Writes a file from such a skeleton.
pub(super) struct Writer<W> {
    sink: W,
    gaps: Vec<u8>,
    /// How many bytes of the gaps are written.
    taken: usize,
    pieces: Vec<Piece>,
    lengths: Vec<Length>,
    /// How many of the lengths are written.
    next: usize,
    /// The data, if it has to wait.
    waiting: Option<Waiting>,
}

struct Waiting {
    spool: BufWriter<File>,
    tensor: usize,
    packer: Packer,
    packed: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(sink: W, mut skeleton: &[u8], tensors: &[TensorInfo]) -> Result<Self, ModelError> {
        let (pieces, lengths) = layout(&mut skeleton, tensors).map_err(ModelError::Mismatch)?;
        let (gaps, mut waiting) = (skeleton.to_vec(), None);
        if pieces.iter().any(|piece| piece.is_packed) {
            let spool = BufWriter::new(files::spool()?);
            waiting = Some(Waiting { spool, tensor: 0, packer: Packer::default(), packed: Vec::new() });
        }
        let mut writer = Writer { sink, gaps, taken: 0, pieces, lengths, next: 0, waiting };
        if writer.waiting.is_none() {
            writer.measure();
        }
        Ok(writer)
    }

    /// Ends the tensor before, and begins this one.
    pub(super) fn begin(&mut self, tensor: usize) -> Result<(), ModelError> {
        let piece = &mut self.pieces[tensor];
        match &mut self.waiting {
            Some(waiting) => {
                (waiting.tensor, waiting.packer) = (tensor, Packer::default());
                piece.taken = 0;
            }
            None => {
                let at = piece.at;
                self.gap(at)?;
            }
        }
        Ok(())
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), ModelError> {
        let Some(waiting) = &mut self.waiting else { return Ok(self.sink.write_all(bytes)?) };
        let piece = &mut self.pieces[waiting.tensor];
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(1 << 16));
            bytes = later;
            waiting.packed.clear();
            match piece.is_packed {
                true => waiting.packer.pack(now, &mut waiting.packed),
                false => waiting.packed.extend(now),
            }
            waiting.spool.write_all(&waiting.packed)?;
            piece.taken += waiting.packed.len() as u64;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W, ModelError> {
        if let Some(waiting) = self.waiting.take() {
            self.measure();
            let mut spool = waiting.spool.into_inner().map_err(io::IntoInnerError::into_error)?;
            spool.seek(SeekFrom::Start(0))?;
            for piece in 0..self.pieces.len() {
                let Piece { at, taken, .. } = self.pieces[piece];
                self.gap(at)?;
                io::copy(&mut (&spool).take(taken), &mut self.sink)?;
            }
        }
        self.gap(self.gaps.len())?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    /// Computes all lengths, from the last to the first, once the lengths of the data are known.
    fn measure(&mut self) {
        // How many bytes the data of all tensors before one takes, and all lengths from one on.
        let mut data = vec![0u64];
        for piece in &self.pieces {
            data.push(data[data.len() - 1].saturating_add(piece.taken));
        }
        let mut widths = vec![0u64; self.lengths.len() + 1];
        for number in (0..self.lengths.len()).rev() {
            let Length { begin, end, .. } = self.lengths[number];
            // Each length comes after a tag, so that a length at the end of the part of another one belongs to that part; the same goes
            // for data.
            let first = self.pieces.partition_point(|piece| piece.at < begin);
            let last = self.pieces.partition_point(|piece| piece.at <= end);
            let after = self.lengths.partition_point(|length| length.begin <= end);
            let inner = widths[number + 1] - widths[after];
            let value = ((end - begin) as u64 + inner).saturating_add(data[last] - data[first]);
            self.lengths[number].value = value;
            widths[number] = widths[number + 1] + wire::width(value);
        }
    }

    /// Writes the gaps up to a place, with their lengths.
    fn gap(&mut self, to: usize) -> io::Result<()> {
        let mut text = Vec::new();
        while let Some(length) = self.lengths.get(self.next).filter(|length| length.begin <= to) {
            text.extend(&self.gaps[self.taken..length.begin]);
            wire::put(length.value, &mut text);
            self.taken = length.begin;
            self.next += 1;
        }
        self.sink.write_all(&text)?;
        self.sink.write_all(&self.gaps[self.taken..to])?;
        self.taken = to;
        Ok(())
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("pieces", &self.pieces).finish_non_exhaustive()
    }
}

/// Reads a skeleton, which may be damaged, up to its gaps. Afterwards every position in it is known to be valid.
fn layout(skeleton: &mut &[u8], tensors: &[TensorInfo]) -> Result<(Vec<Piece>, Vec<Length>), &'static str> {
    const SHORT: &str = "it is cut short";
    const PLACE: &str = "a length is not where it can be";
    if wire::take(skeleton).ok_or(SHORT)? != tensors.len() as u64 {
        return Err("it has another number of tensors");
    }
    let mut pieces = Vec::with_capacity(tensors.len());
    let mut at = 0;
    for tensor in tensors {
        let gap = wire::take(skeleton).ok_or(SHORT)?;
        let is_packed = gap & 1 == 1;
        if is_packed && tensor.bytes % 2 != 0 {
            return Err("a tensor of halves has an odd number of bytes");
        }
        at = forwards(at, gap >> 1).ok_or(SHORT)?;
        pieces.push(Piece { at, is_packed, taken: tensor.bytes });
    }
    let count = wire::take(skeleton).ok_or(SHORT)?;
    // Each length takes two bytes at least.
    if count > skeleton.len() as u64 / 2 {
        return Err(SHORT);
    }
    let mut lengths: Vec<Length> = Vec::new();
    for _ in 0..count {
        let before = lengths.last().map_or(0, |length| length.begin);
        let begin = forwards(before, wire::take(skeleton).ok_or(SHORT)?).ok_or(PLACE)?;
        let end = forwards(begin, wire::take(skeleton).ok_or(SHORT)?).ok_or(PLACE)?;
        lengths.push(Length { begin, end, value: 0 });
    }
    if at > skeleton.len() {
        return Err(SHORT);
    }
    if lengths.iter().any(|length| length.end > skeleton.len()) {
        return Err(PLACE);
    }
    Ok((pieces, lengths))
}

fn forwards(from: usize, by: u64) -> Option<usize> {
    from.checked_add(usize::try_from(by).ok()?)
}
