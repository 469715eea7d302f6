//! A pickle, read without executing it. A pickle is a program for a stack machine; its calls become objects that record the function and
//! the arguments.
//!
//! Invariant: nothing is looked up, imported or run. Each instruction makes one object at most and there are [`MAX_STEPS`] of them at most,
//! objects refer to each other by number, and texts stay in the pickle: so memory is bounded, also if an object contains itself, or is
//! contained in a million others.
//!
//! The instructions are those that `torch.save` makes Python write, by protocol 2, or 3 and 4 if it is asked to.

use std::collections::HashMap;
use std::ops::Range;

use super::{Format, ModelError};

/// The most instructions of a pickle.
const MAX_STEPS: u32 = 1 << 23;
/// The longest text that is looked at, in bytes: the same one may be asked for millions of times.
const MAX_TEXT: usize = 1 << 12;

/// The number of an object.
pub(super) type Id = u32;

/// An object, with what is needed of it.
#[derive(Debug)]
pub(super) enum Kind {
    /// Its place in the pickle.
    Text(Range<usize>),
    Number(i64),
    /// A function or class, by its module and name.
    Global(Range<usize>, Range<usize>),
    /// A list, a tuple, a set or a dictionary.
    Collection,
    /// An object outside of the pickle, which the loader would find by this one.
    Persistent(Id),
    /// The result of a call: the function and the arguments.
    Call(Id, Id),
    /// None, a truth value, a float, bytes, or a number of more than 64 bits.
    Plain,
}

/// What one object is in another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Key(Id),
    Item,
    /// The state that is set on the result of a call.
    State,
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) children: Vec<(Role, Id)>,
}

/// All objects of a pickle.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    bytes: &'a [u8],
    all: Vec<Object>,
    pub(super) root: Id,
}

impl Objects<'_> {
    pub(super) fn get(&self, id: Id) -> &Object {
        &self.all[id as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match &self.get(id).kind {
            Kind::Text(range) => self.short(range),
            _ => None,
        }
    }

    fn short(&self, range: &Range<usize>) -> Option<&str> {
        if range.len() <= MAX_TEXT { std::str::from_utf8(&self.bytes[range.clone()]).ok() } else { None }
    }

    pub(super) fn number(&self, id: Id) -> Option<i64> {
        match self.get(id).kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Module and name of a global.
    pub(super) fn global(&self, id: Id) -> Option<(&str, &str)> {
        let Kind::Global(module, name) = &self.get(id).kind else { return None };
        self.short(module).zip(self.short(name))
    }

    /// The items of a tuple or a list.
    pub(super) fn items(&self, id: Id) -> impl Iterator<Item = Id> {
        self.get(id).children.iter().map(|child| child.1)
    }
}

/// Reads a pickle.
pub(super) fn read(bytes: &[u8]) -> Result<Objects<'_>, ModelError> {
    let mut machine = Machine {
        bytes,
        at: 0,
        all: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        plain: 0,
    };
    machine.plain = machine.object(Kind::Plain);
    for _ in 0..MAX_STEPS {
        let at = machine.at;
        match machine.step() {
            Ok(None) => {}
            Ok(Some(root)) => return Ok(Objects { bytes, all: machine.all, root }),
            Err(what) => {
                let what = format_args!("its pickle {what}, at byte {at}");
                return Err(ModelError::damaged(Format::PyTorch, what));
            }
        }
    }
    Err(ModelError::Refused {
        what: "a checkpoint with more than 8388608 instructions in its pickle",
        instead: "save the state_dict alone",
    })
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    all: Vec<Object>,
    stack: Vec<Id>,
    /// The height of the stack at each mark.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    plain: Id,
}

const SHORT: &str = "is cut short";
const EMPTY: &str = "takes more from the stack than is there";
const MEMO: &str = "asks for what it has not kept";

impl Machine<'_> {
    /// Executes one instruction; returns the root with the last one.
    fn step(&mut self) -> Result<Option<Id>, &'static str> {
        let instruction = self.take(1)?[0];
        match instruction {
            // PROTO, FRAME
            0x80 if self.number(1)? > 5 => return Err("has a later protocol than 5"),
            0x80 => {}
            0x95 => drop(self.take(8)?),
            b'.' => return self.pop().map(Some),

            // NONE, NEWTRUE, NEWFALSE, BINFLOAT, LONG4, BINBYTES, SHORT_BINBYTES, BINBYTES8
            b'N' | 0x88 | 0x89 => self.stack.push(self.plain),
            b'G' => self.skip(8)?,
            0x8b | b'B' => self.skip_counted(4)?,
            b'C' => self.skip_counted(1)?,
            0x8e => self.skip_counted(8)?,
            // BININT, BININT1, BININT2, LONG1
            b'J' => {
                let number = self.number(4)? as u32 as i32;
                self.push(Kind::Number(number.into()));
            }
            b'K' => self.push_number(1)?,
            b'M' => self.push_number(2)?,
            0x8a => self.long()?,
            // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, BINSTRING, SHORT_BINSTRING
            b'X' | b'T' => self.push_text(4)?,
            0x8c | b'U' => self.push_text(1)?,
            0x8d => self.push_text(8)?,

            // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, EMPTY_SET
            b'}' | b']' | b')' | 0x8f => self.push(Kind::Collection),
            b'(' => self.marks.push(self.stack.len()),
            // TUPLE and FROZENSET, TUPLE1, TUPLE2, TUPLE3
            b't' | 0x91 => {
                let items = self.pop_marked()?;
                self.push_items(items);
            }
            length @ 0x85..=0x87 => {
                let items = self.pop_many(usize::from(length - 0x84))?;
                self.push_items(items);
            }
            // APPEND, APPENDS and ADDITEMS, SETITEM, SETITEMS
            b'a' => {
                let item = self.pop()?;
                self.top()?.children.push((Role::Item, item));
            }
            b'e' | 0x90 => {
                let items = self.pop_marked()?;
                self.top()?.children.extend(items.into_iter().map(|item| (Role::Item, item)));
            }
            b's' => {
                let pair = self.pop_many(2)?;
                self.set(&pair)?;
            }
            b'u' => {
                let pairs = self.pop_marked()?;
                self.set(&pairs)?;
            }

            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Kind::Global(module, name));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let text = |id: Id| match &self.all[id as usize].kind {
                    Kind::Text(range) => Ok(range.clone()),
                    _ => Err("names something by what is no text"),
                };
                let global = Kind::Global(text(module)?, text(name)?);
                self.push(global);
            }
            // BINPERSID, REDUCE and NEWOBJ, NEWOBJ_EX, BUILD
            b'Q' => {
                let id = self.pop()?;
                self.push(Kind::Persistent(id));
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.push(Kind::Call(function, arguments));
            }
            0x92 => {
                let (named, arguments, function) = (self.pop()?, self.pop()?, self.pop()?);
                self.push(Kind::Call(function, arguments));
                self.top()?.children.push((Role::State, named));
            }
            b'b' => {
                let state = self.pop()?;
                self.top()?.children.push((Role::State, state));
            }

            // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
            b'q' => self.keep(1)?,
            b'r' => self.keep(4)?,
            0x94 => {
                let top = self.last()?;
                self.memo.insert(self.memo.len() as u64, top);
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            // POP, POP_MARK, DUP
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_marked()?),
            b'2' => {
                let top = self.last()?;
                self.stack.push(top);
            }
            _ => return Err("has an instruction that torch.save does not write"),
        }
        Ok(None)
    }

    fn object(&mut self, kind: Kind) -> Id {
        self.all.push(Object { kind, children: Vec::new() });
        // There are at most as many objects as steps, so the number fits.
        (self.all.len() - 1) as Id
    }

    fn push(&mut self, kind: Kind) {
        let id = self.object(kind);
        self.stack.push(id);
    }

    fn push_items(&mut self, items: Vec<Id>) {
        let children = items.into_iter().map(|item| (Role::Item, item)).collect();
        let id = self.object(Kind::Collection);
        self.all[id as usize].children = children;
        self.stack.push(id);
    }

    /// How many objects of the stack a mark hides.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, &'static str> {
        let from = self.stack.len().checked_sub(count).filter(|&from| from >= self.floor()).ok_or(EMPTY)?;
        Ok(self.stack.split_off(from))
    }

    fn pop(&mut self) -> Result<Id, &'static str> {
        let last = self.last()?;
        self.stack.pop();
        Ok(last)
    }

    fn last(&self) -> Result<Id, &'static str> {
        self.stack[self.floor()..].last().copied().ok_or(EMPTY)
    }

    fn top(&mut self) -> Result<&mut Object, &'static str> {
        let last = self.last()?;
        Ok(&mut self.all[last as usize])
    }

    /// Takes everything after the last mark off the stack, and the mark.
    fn pop_marked(&mut self) -> Result<Vec<Id>, &'static str> {
        let mark = self.marks.pop().ok_or("goes back to a mark that is not there")?;
        Ok(self.stack.split_off(mark))
    }

    fn set(&mut self, pairs: &[Id]) -> Result<(), &'static str> {
        let (pairs, rest) = pairs.as_chunks();
        if !rest.is_empty() {
            return Err("has a key without a value");
        }
        self.top()?.children.extend(pairs.iter().map(|&[key, value]| (Role::Key(key), value)));
        Ok(())
    }

    fn take(&mut self, count: u64) -> Result<&[u8], &'static str> {
        let range = self.range(count)?;
        Ok(&self.bytes[range])
    }

    /// Goes forwards over `count` bytes.
    fn range(&mut self, count: u64) -> Result<Range<usize>, &'static str> {
        let left = self.bytes.len() - self.at;
        let count = usize::try_from(count).ok().filter(|&count| count <= left).ok_or(SHORT)?;
        let begin = self.at;
        self.at += count;
        Ok(begin..self.at)
    }

    /// A number of up to eight bytes, little-endian.
    fn number(&mut self, length: u64) -> Result<u64, &'static str> {
        Ok(self.take(length)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn push_number(&mut self, length: u64) -> Result<(), &'static str> {
        let number = self.number(length)? as i64;
        self.push(Kind::Number(number));
        Ok(())
    }

    /// A number in two's complement, with its length before it.
    fn long(&mut self) -> Result<(), &'static str> {
        let length = self.number(1)?;
        if length > 8 {
            return self.skip(length);
        }
        let number = self.number(length)?;
        let unused = 64 - 8 * length as u32;
        // A number of no bytes is zero.
        let signed = (number.checked_shl(unused).unwrap_or(0) as i64).checked_shr(unused).unwrap_or(0);
        self.push(Kind::Number(signed));
        Ok(())
    }

    fn push_text(&mut self, length: u64) -> Result<(), &'static str> {
        let count = self.number(length)?;
        let range = self.range(count)?;
        self.push(Kind::Text(range));
        Ok(())
    }

    fn skip(&mut self, count: u64) -> Result<(), &'static str> {
        self.range(count)?;
        self.stack.push(self.plain);
        Ok(())
    }

    fn skip_counted(&mut self, length: u64) -> Result<(), &'static str> {
        let count = self.number(length)?;
        self.skip(count)
    }

    /// A line without its end.
    fn line(&mut self) -> Result<Range<usize>, &'static str> {
        let length = self.bytes[self.at..].iter().position(|&byte| byte == b'\n').ok_or(SHORT)?;
        let line = self.range(length as u64)?;
        self.at += 1;
        Ok(line)
    }

    fn keep(&mut self, length: u64) -> Result<(), &'static str> {
        let (number, last) = (self.number(length)?, self.last()?);
        self.memo.insert(number, last);
        Ok(())
    }

    fn recall(&mut self, length: u64) -> Result<(), &'static str> {
        let number = self.number(length)?;
        let id = *self.memo.get(&number).ok_or(MEMO)?;
        self.stack.push(id);
        Ok(())
    }
}
