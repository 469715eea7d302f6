//! Which pictures are references (clause 8.2.5): what a decoder keeps, and the commands of dec_ref_pic_marking() that a stream has for it.
//!
//! A command is executed as soon as it is chosen, so the next one is chosen with its effect. Invariant: there are never more frames than
//! max_num_ref_frames; the two fields of a frame are both short-term, or both long-term with one LongTermFrameIdx, but one of them may have
//! been unmarked. Frames that a gap in frame_num leaves (clause 8.2.5.2) take room, and nothing refers to them.

use super::references::{Number, Reference, Structure};
use crate::dream::header::Header;
use crate::dream::random::Random;

/// What a field of a frame is marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marked {
    Unused,
    Short,
    /// A long-term reference with this LongTermFrameIdx.
    Long(i64),
}

/// A frame of which at least one field is a reference.
#[derive(Clone, Debug)]
struct Stored {
    /// FrameNumOffset + frame_num.
    count: i64,
    /// The marking of the top and of the bottom field.
    fields: [Marked; 2],
    exists: bool,
}

impl Stored {
    fn long(&self) -> Option<i64> {
        self.fields.iter().find_map(|field| match field {
            Marked::Long(index) => Some(*index),
            _ => None,
        })
    }

    fn is_short(&self) -> bool {
        self.fields.contains(&Marked::Short)
    }
}

/// memory_management_control_operation, with its operands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    /// 1: a short-term reference is unmarked; difference_of_pic_nums_minus1.
    Forget(i64),
    /// 2: a long-term reference is unmarked; long_term_pic_num.
    ForgetLong(i64),
    /// 3: a short-term reference becomes a long-term one; difference_of_pic_nums_minus1 and long_term_frame_idx.
    Lengthen(i64, i64),
    /// 4: max_long_term_frame_idx_plus1.
    Limit(i64),
    /// 5: all references are unmarked.
    Reset,
    /// 6: this picture becomes a long-term reference; long_term_frame_idx.
    Keep(i64),
}

/// Sets dec_ref_pic_marking() of a picture other than an IDR picture.
pub(super) fn tell(header: &mut Header, commands: &[Command]) {
    header.set("adaptive_ref_pic_marking_mode_flag", !commands.is_empty());
    for &command in commands {
        let (operation, operands): (i64, &[(&'static str, i64)]) = match command {
            Command::Forget(difference) => (1, &[("difference_of_pic_nums_minus1", difference)]),
            Command::ForgetLong(number) => (2, &[("long_term_pic_num", number)]),
            Command::Lengthen(difference, index) => {
                (3, &[("difference_of_pic_nums_minus1", difference), ("long_term_frame_idx", index)])
            }
            Command::Limit(limit) => (4, &[("max_long_term_frame_idx_plus1", limit)]),
            Command::Reset => (5, &[]),
            Command::Keep(index) => (6, &[("long_term_frame_idx", index)]),
        };
        header.set("memory_management_control_operation", operation);
        for &(name, value) in operands {
            header.set(name, value);
        }
    }
    header.set("memory_management_control_operation", 0);
}

/// The picture that is being coded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Current {
    /// FrameNumOffset + frame_num.
    pub(super) count: i64,
    pub(super) structure: Structure,
    /// Whether it is the second field of a frame of which the first one is a reference.
    pub(super) is_second: bool,
}

/// The references that a decoder keeps.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    /// max_num_ref_frames.
    most: usize,
    /// MaxFrameNum.
    max_frame_num: i64,
    /// MaxLongTermFrameIdx + 1.
    limit: i64,
    frames: Vec<Stored>,
    /// Whether every frame that was ever a reference still is one.
    pub(super) is_complete: bool,
}

impl Memory {
    pub(super) fn new(most: usize, max_frame_num: i64) -> Memory {
        Memory { most, max_frame_num, limit: 0, frames: Vec::new(), is_complete: true }
    }

    /// What a picture can be predicted from.
    pub(super) fn references(&self, count: i64, structure: Structure) -> Vec<Reference> {
        let existing = self.frames.iter().filter(|frame| frame.exists);
        existing.flat_map(|frame| self.of_frame(frame, count, structure)).collect()
    }

    /// A frame as the references that pictures of a structure can use.
    fn of_frame(&self, frame: &Stored, count: i64, structure: Structure) -> Vec<Reference> {
        // FrameNumWrap.
        let wrapped = frame.count - (count - count.rem_euclid(self.max_frame_num));
        let number = frame.long().map_or(Number::Short(wrapped), Number::Long);
        let is_used = frame.fields.map(|field| field != Marked::Unused);
        match structure {
            Structure::Frame if is_used == [true; 2] => vec![Reference { number, structure }],
            Structure::Frame => Vec::new(),
            _ => {
                let fields = [Structure::Top, Structure::Bottom].into_iter().zip(is_used);
                let used = fields.filter(|(_, is_used)| *is_used);
                used.map(|(structure, _)| Reference { number, structure }).collect()
            }
        }
    }

    /// Takes an IDR picture, which unmarks all other references.
    pub(super) fn begin(&mut self, current: Current, is_long: bool) {
        (self.frames, self.limit) = (Vec::new(), i64::from(is_long));
        self.store(current, if is_long { Marked::Long(0) } else { Marked::Short });
    }

    /// Whether a reference picture needs a command: as the second field of a frame whose first one is long-term, or where all frames that
    /// there is room for are long-term.
    pub(super) fn needs_command(&self, current: Current) -> bool {
        match self.frames.last().filter(|_| current.is_second) {
            Some(frame) => frame.long().is_some(),
            None => !self.allows_gap(),
        }
    }

    /// Whether there is room for the frame that a gap leaves.
    pub(super) fn allows_gap(&self) -> bool {
        self.frames.len() < self.most || self.frames.iter().any(Stored::is_short)
    }

    /// Adds the frame that a gap leaves.
    pub(super) fn gap(&mut self, count: i64) {
        self.slide();
        self.frames.push(Stored { count, fields: [Marked::Short; 2], exists: false });
    }

    /// Takes a reference picture without commands (clause 8.2.5.3).
    pub(super) fn take(&mut self, current: Current) {
        if !current.is_second {
            self.slide();
        }
        self.store(current, Marked::Short);
    }

    /// Unmarks the oldest short-term reference if there is no room.
    fn slide(&mut self) {
        if self.frames.len() < self.most {
            return;
        }
        let oldest = (0..self.frames.len())
            .filter(|&index| self.frames[index].is_short())
            .min_by_key(|&index| self.frames[index].count);
        if let Some(oldest) = oldest {
            self.frames.remove(oldest);
            self.is_complete = false;
        }
    }

    fn store(&mut self, current: Current, marked: Marked) {
        let fields = match current.structure {
            Structure::Frame => [marked; 2],
            Structure::Top => [marked, Marked::Unused],
            Structure::Bottom => [Marked::Unused, marked],
        };
        match self.frames.last_mut().filter(|_| current.is_second) {
            Some(frame) => frame.fields[usize::from(current.structure == Structure::Bottom)] = marked,
            None => self.frames.push(Stored { count: current.count, fields, exists: true }),
        }
    }

    /// Takes a reference picture, with random commands if any are possible.
    pub(super) fn mark(&mut self, random: &mut Random, current: Current, resets: bool) -> Vec<Command> {
        if resets {
            return self.reset(random, current);
        }
        let first = self.frames.last().filter(|_| current.is_second).and_then(Stored::long);
        let mut after = self.clone();
        let mut commands = Vec::new();
        for _ in 0..random.below(4) {
            match random.below(4) {
                0 => after.forget(random, current, &mut commands),
                // A second field cannot have the index that its first field has.
                1 if first.is_none() => after.lengthen(random, current, &mut commands),
                2 if first.is_none()
                    && !commands.iter().any(|command| matches!(command, Command::Limit(_))) =>
                {
                    after.set_limit(random.within(0..=after.most as i64), &mut commands);
                }
                _ => {}
            }
        }
        if let Some(index) = first {
            // A second field is marked as the first field of its frame.
            commands.push(Command::Keep(index));
            after.store(current, Marked::Long(index));
        } else if current.is_second {
            after.store(current, Marked::Short);
        } else {
            while after.frames.len() >= after.most {
                let before = commands.len();
                after.forget(random, current, &mut commands);
                if commands.len() == before {
                    return self.forced(current);
                }
            }
            after.keep(random, current, &mut commands);
        }
        if commands.is_empty() {
            self.take(current);
        } else {
            *self = after;
        }
        commands
    }

    /// The commands if no random one has made room: none, or one that ends all long-term references.
    fn forced(&mut self, current: Current) -> Vec<Command> {
        let mut commands = Vec::new();
        if !self.frames.iter().any(Stored::is_short) {
            self.set_limit(0, &mut commands);
        }
        self.take(current);
        commands
    }

    fn reset(&mut self, random: &mut Random, current: Current) -> Vec<Command> {
        let mut commands = vec![Command::Reset];
        (self.frames, self.limit, self.is_complete) = (Vec::new(), 0, false);
        if random.chance(128) {
            self.set_limit(random.within(0..=self.most as i64), &mut commands);
        }
        self.keep(random, Current { count: 0, ..current }, &mut commands);
        commands
    }

    /// Takes the picture itself, as a short-term or a long-term reference.
    fn keep(&mut self, random: &mut Random, current: Current, commands: &mut Vec<Command>) {
        if self.limit == 0 || random.chance(128) {
            return self.store(current, Marked::Short);
        }
        let index = random.within(0..=self.limit - 1);
        self.free(index);
        commands.push(Command::Keep(index));
        self.store(current, Marked::Long(index));
    }

    /// Makes a LongTermFrameIdx free: no other frame has it after this.
    fn free(&mut self, index: i64) {
        let before = self.frames.len();
        self.frames.retain(|frame| frame.long() != Some(index));
        self.is_complete &= self.frames.len() == before;
    }

    fn set_limit(&mut self, limit: i64, commands: &mut Vec<Command>) {
        commands.push(Command::Limit(limit));
        self.limit = limit;
        let before = self.frames.len();
        self.frames.retain(|frame| frame.long().is_none_or(|index| index < limit));
        self.is_complete &= self.frames.len() == before;
    }

    /// A random frame, as the references that it is, except the frame of which this picture is a field.
    fn any(
        &self,
        random: &mut Random,
        current: Current,
        is_wanted: impl Fn(&Stored) -> bool,
    ) -> Option<(usize, Vec<Reference>)> {
        let others = self.frames.len() - usize::from(current.is_second);
        let named = |index: usize| self.of_frame(&self.frames[index], current.count, current.structure);
        let all = (0..others).filter(|&index| self.frames[index].exists && is_wanted(&self.frames[index]));
        let all: Vec<usize> = all.filter(|&index| !named(index).is_empty()).collect();
        let index = (!all.is_empty()).then(|| random.one_of(&all))?;
        Some((index, named(index)))
    }

    fn forget(&mut self, random: &mut Random, current: Current, commands: &mut Vec<Command>) {
        let Some((index, mut references)) = self.any(random, current, |_| true) else { return };
        random.shuffle(&mut references);
        if references.len() == 2 && random.chance(64) {
            references.pop();
        }
        for reference in references {
            commands.push(match reference.number {
                Number::Short(_) => Command::Forget(self.difference(&reference, current)),
                Number::Long(_) => Command::ForgetLong(reference.pic_num(current.structure)),
            });
            match reference.structure {
                Structure::Frame => self.frames[index].fields = [Marked::Unused; 2],
                Structure::Top => self.frames[index].fields[0] = Marked::Unused,
                Structure::Bottom => self.frames[index].fields[1] = Marked::Unused,
            }
        }
        self.is_complete = false;
        if self.frames[index].fields == [Marked::Unused; 2] {
            self.frames.remove(index);
        }
    }

    fn lengthen(&mut self, random: &mut Random, current: Current, commands: &mut Vec<Command>) {
        if self.limit == 0 {
            return;
        }
        let Some((index, mut references)) = self.any(random, current, Stored::is_short) else { return };
        let long = random.within(0..=self.limit - 1);
        random.shuffle(&mut references);
        for reference in references {
            commands.push(Command::Lengthen(self.difference(&reference, current), long));
        }
        for field in self.frames[index].fields.iter_mut().filter(|field| **field == Marked::Short) {
            *field = Marked::Long(long);
        }
        let (kept, before) = (self.frames[index].count, self.frames.len());
        self.frames.retain(|frame| frame.count == kept || frame.long() != Some(long));
        self.is_complete &= self.frames.len() == before;
    }

    /// difference_of_pic_nums_minus1.
    fn difference(&self, reference: &Reference, current: Current) -> i64 {
        let frame_num = current.count.rem_euclid(self.max_frame_num);
        let number = if current.structure == Structure::Frame { frame_num } else { 2 * frame_num + 1 };
        number - reference.pic_num(current.structure) - 1
    }
}
